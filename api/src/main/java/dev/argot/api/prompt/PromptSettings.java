package dev.argot.api.prompt;

import java.util.HashSet;
import java.util.List;

/**
 * How exemplars are chosen, prompts laid out and labels compared.
 *
 * @param selection which exemplars are shown; default {@link ExemplarSelection.Fixed}
 * @param order in which order; default {@link ExemplarOrder#AS_SELECTED}
 * @param layout what the model reads; default {@link PromptLayout#TEXT}
 * @param giveWay what may be left out of a prompt that is too long, first to go first; what is not named never is, and a prompt that still
 *     does not fit is refused; default exemplars alone
 * @param scoring how labels are compared; default {@link LabelScoring#DEFAULT}
 */
public record PromptSettings(
        ExemplarSelection selection,
        ExemplarOrder order,
        PromptLayout layout,
        List<GiveWay> giveWay,
        LabelScoring scoring) {
    /** The defaults described above. */
    public static final PromptSettings DEFAULT = new PromptSettings(
            new ExemplarSelection.Fixed(),
            ExemplarOrder.AS_SELECTED,
            PromptLayout.TEXT,
            List.of(GiveWay.EXEMPLARS),
            LabelScoring.DEFAULT);

    /**
     * Copies the list.
     *
     * @throws IllegalArgumentException if something gives way twice, or the order needs exemplars that are the same for every item and the
     *     selection has others
     */
    public PromptSettings {
        giveWay = List.copyOf(giveWay);
        if (new HashSet<>(giveWay).size() < giveWay.size()) {
            throw new IllegalArgumentException("giveWay must not name anything twice: " + giveWay);
        }
        if (order == ExemplarOrder.LABEL_ENTROPY && !isSameForEveryItem(selection)) {
            throw new IllegalArgumentException(
                    "the order by label entropy is found once, so it needs exemplars that are the same for every item; found "
                            + selection);
        }
    }

    private static boolean isSameForEveryItem(ExemplarSelection selection) {
        return switch (selection) {
            case ExemplarSelection.Fixed ignored -> true;
            case ExemplarSelection.Random ignored -> true;
            case ExemplarSelection.Balanced(ExemplarSelection base) -> isSameForEveryItem(base);
            case ExemplarSelection.Similar ignored -> false;
            case ExemplarSelection.Nearest ignored -> false;
            case ExemplarSelection.Diverse ignored -> false;
        };
    }

    /**
     * These settings with another selection.
     *
     * @param selection which exemplars are shown
     */
    public PromptSettings withSelection(ExemplarSelection selection) {
        return new PromptSettings(selection, order, layout, giveWay, scoring);
    }

    /**
     * These settings with another order.
     *
     * @param order in which order exemplars are shown
     */
    public PromptSettings withOrder(ExemplarOrder order) {
        return new PromptSettings(selection, order, layout, giveWay, scoring);
    }

    /**
     * These settings with another layout.
     *
     * @param layout what the model reads
     */
    public PromptSettings withLayout(PromptLayout layout) {
        return new PromptSettings(selection, order, layout, giveWay, scoring);
    }

    /**
     * These settings with other parts to leave out.
     *
     * @param giveWay first to go first; none: a prompt that does not fit is refused
     */
    public PromptSettings withGiveWay(GiveWay... giveWay) {
        return new PromptSettings(selection, order, layout, List.of(giveWay), scoring);
    }

    /**
     * These settings with another comparison of labels.
     *
     * @param scoring how labels are compared
     */
    public PromptSettings withScoring(LabelScoring scoring) {
        return new PromptSettings(selection, order, layout, giveWay, scoring);
    }
}
