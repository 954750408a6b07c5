package dev.argot.core.prompt;

import dev.argot.api.GenerativeModel;
import dev.argot.api.prompt.Example;
import dev.argot.api.prompt.ExemplarOrder;
import dev.argot.api.prompt.ExemplarSelection;
import dev.argot.api.prompt.PromptSpec;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** Makes the selectors that {@link ExemplarSelection} describes. */
public final class ExemplarSelectors {
    private ExemplarSelectors() {}

    /**
     * A selector of a spec's exemplars, in the order of its settings. Indexes the exemplars, and embeds them where the selection is by embeddings; unless none is to be shown.
     *
     * @param model orders exemplars, where the settings want it; not closed here
     * @param spec the spec
     * @param searches makes indexes
     * @return closing it frees the index
     * @throws IllegalArgumentException if the order needs labels, and the format has none
     */
    public static ExemplarSelector of(GenerativeModel model, PromptSpec spec, Searches searches) {
        return switch (spec.settings().order()) {
            case AS_SELECTED, REVERSED -> of(spec, searches);
            case LABEL_ENTROPY -> {
                EntropyOrdered.requireLabels(spec.format());
                yield new EntropyOrdered(model, spec, of(spec, searches));
            }
        };
    }

    /**
     * A selector of a spec's exemplars, in the order of its settings, {@link ExemplarOrder#LABEL_ENTROPY} apart, which takes a model. Indexes the exemplars, and embeds them where the selection is by embeddings; unless none is to be shown.
     *
     * @param spec the spec
     * @param searches makes indexes
     * @return closing it frees the index
     */
    static ExemplarSelector of(PromptSpec spec, Searches searches) {
        List<Example> pool = spec.shots() == 0 ? List.of() : spec.exemplars();
        Collection<String> slots = spec.template().slots();
        Ranking ranking = pool.isEmpty()
                ? Rankings.InOrder.asItIs(0)
                : ranking(
                        spec.settings().selection(),
                        pool,
                        pool.stream()
                                .map(exemplar -> text(slots, exemplar.inputs()))
                                .toList(),
                        searches);
        return new Selector(
                pool,
                List.copyOf(slots),
                new SameItems(slots, pool),
                ranking,
                ranking.isBestLast() != (spec.settings().order() == ExemplarOrder.REVERSED));
    }

    private static Ranking ranking(
            ExemplarSelection selection, List<Example> pool, List<String> texts, Searches searches) {
        return switch (selection) {
            case ExemplarSelection.Fixed() -> Rankings.InOrder.asItIs(pool.size());
            case ExemplarSelection.Random(long seed) -> Rankings.InOrder.shuffled(pool.size(), seed);
            case ExemplarSelection.Similar similar -> new Rankings.MostLike(likeness(similar, pool, texts, searches));
            case ExemplarSelection.Nearest nearest -> new Rankings.MostLike(likeness(nearest, pool, texts, searches));
            case ExemplarSelection.Diverse(ExemplarSelection base, double lambda) ->
                new Rankings.Diverse(likeness(base, pool, texts, searches), lambda);
            case ExemplarSelection.Balanced(ExemplarSelection base) ->
                Rankings.Balanced.of(ranking(base, pool, texts, searches), pool);
        };
    }

    private static Likeness likeness(
            ExemplarSelection selection, List<Example> pool, List<String> texts, Searches searches) {
        return switch (selection) {
            case ExemplarSelection.Similar similar -> new Likeness.Words(searches, similar.domain(), texts);
            case ExemplarSelection.Nearest nearest ->
                new Likeness.Embeddings(searches, nearest.embedder(), pool, texts);
            case ExemplarSelection.Fixed ignored -> throw measuresNothing(selection);
            case ExemplarSelection.Random ignored -> throw measuresNothing(selection);
            case ExemplarSelection.Diverse ignored -> throw measuresNothing(selection);
            case ExemplarSelection.Balanced ignored -> throw measuresNothing(selection);
        };
    }

    private static IllegalArgumentException measuresNothing(ExemplarSelection selection) {
        return new IllegalArgumentException("measures no similarity: " + selection);
    }

    /** The inputs as one text, in the order of the template's slots. */
    private static String text(Collection<String> slots, Map<String, String> inputs) {
        return slots.stream().map(slot -> inputs.getOrDefault(slot, "")).collect(Collectors.joining("\n"));
    }

    private record Selector(
            List<Example> pool, List<String> slots, SameItems sameItems, Ranking ranking, boolean isBestLast)
            implements ExemplarSelector {
        @Override
        public List<Example> select(Map<String, String> inputs, int count) {
            if (count < 0) {
                throw new IllegalArgumentException("count must not be negative: " + count);
            }
            BitSet allowed = sameItems.of(inputs);
            allowed.flip(0, pool.size());
            if (count == 0 || allowed.isEmpty()) {
                return List.of();
            }
            var chosen = new ArrayList<Example>();
            ranking.forItem(text(slots, inputs)).best(allowed, count).forEach(i -> chosen.add(pool.get(i)));
            if (isBestLast) {
                Collections.reverse(chosen);
            }
            return List.copyOf(chosen);
        }

        @Override
        public void close() {
            ranking.close();
        }
    }
}
