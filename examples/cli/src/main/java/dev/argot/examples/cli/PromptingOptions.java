package dev.argot.examples.cli;

import dev.argot.api.Argot;
import dev.argot.api.ArgotException;
import dev.argot.api.Embedder;
import dev.argot.api.EmbeddingOptions;
import dev.argot.api.Model;
import dev.argot.api.prompt.ExemplarOrder;
import dev.argot.api.prompt.ExemplarSelection;
import dev.argot.api.prompt.LabelScoring;
import dev.argot.api.prompt.LabelScoring.Normalisation;
import dev.argot.api.prompt.PromptLayout;
import dev.argot.api.prompt.PromptSettings;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;

/** The options of every command that puts tasks to a model: which exemplars are shown, how prompts are laid out and labels compared. */
final class PromptingOptions {
    private static final String SELECTIONS =
            "fixed, random, similar, nearest, diverse[:similar|nearest] or balanced[:SELECTION]";

    @Option(
            names = "--selection",
            paramLabel = "SELECTION",
            description =
                    "Which exemplars are shown: fixed (the first ones), random, similar (by words), nearest (by embeddings), diverse"
                            + " (similar to the item and unlike each other), balanced (each answer as often); diverse:nearest and"
                            + " balanced:similar name what it is based on. Default: fixed; of sweep random.")
    private @Nullable String selection;

    @Option(
            names = "--embedder",
            paramLabel = "MODEL",
            description = "With --selection nearest: the model that embeds. Default: the model itself.")
    private @Nullable String embedder;

    @Option(
            names = "--order",
            paramLabel = "ORDER",
            defaultValue = "as-selected",
            description = "In which order: as-selected, reversed or label-entropy. Default: ${DEFAULT-VALUE}.")
    private String order = "as-selected";

    @Option(
            names = "--layout",
            paramLabel = "LAYOUT",
            defaultValue = "text",
            description =
                    "What the model reads: text, message (the text as one message of a chat) or turns (each exemplar a message and its"
                            + " answer). Default: ${DEFAULT-VALUE}.")
    private String layout = "text";

    @Option(
            names = "--normalise",
            paramLabel = "HOW",
            defaultValue = "none",
            description =
                    "What a label's log-probability is divided by: none, tokens or bytes; or pmi: less its log-probability without the"
                            + " item. Default: ${DEFAULT-VALUE}.")
    private String normalise = "none";

    @Option(
            names = "--calibrate",
            description =
                    "Divide the probabilities of labels by those after inputs without content (Zhao et al. 2021).")
    private boolean calibrate;

    /**
     * Finds what is wrong before a model is loaded.
     *
     * @throws ParameterException naming the option
     */
    void check(CommandSpec spec) {
        try {
            settings("fixed", Optional.empty(), 0, new NoEmbedder());
            if (embedder != null && (selection == null || !selection.contains("nearest"))) {
                throw new IllegalArgumentException("--embedder needs --selection nearest");
            }
        } catch (IllegalArgumentException e) {
            throw new ParameterException(spec.commandLine(), String.valueOf(e.getMessage()), e);
        }
    }

    /** Stands for a model that is not loaded yet. */
    private record NoEmbedder() implements Embedder {
        @Override
        public List<float[]> embedAll(List<String> texts, EmbeddingOptions options) {
            throw new IllegalStateException("no model is loaded");
        }

        @Override
        public int embeddingSize() {
            return 0;
        }
    }

    /**
     * The settings, and what was loaded for them.
     *
     * @param settings the settings
     * @param embedder a further model; closed with this
     */
    record Chosen(PromptSettings settings, Optional<Model> embedder) implements AutoCloseable {
        @Override
        public void close() {
            embedder.ifPresent(Model::close);
        }
    }

    /**
     * The settings.
     *
     * @param argot loads the model that embeds
     * @param setup how it is loaded
     * @param model what answers
     * @param standard the selection where none was given
     * @param domain whose terms are kept whole where words are compared
     * @param seed seeds what is drawn
     */
    Chosen choose(Argot argot, Setup setup, Model model, String standard, Optional<String> domain, long seed) {
        if (embedder != null) {
            Model loaded = setup.loadEmbedder(argot, embedder);
            return new Chosen(settings(standard, domain, seed, embedder(loaded)), Optional.of(loaded));
        }
        boolean embeds = selection != null && selection.contains("nearest");
        return new Chosen(
                settings(standard, domain, seed, embeds ? embedder(model) : new NoEmbedder()), Optional.empty());
    }

    private static Embedder embedder(Model model) {
        if (!(model instanceof Embedder embedder)) {
            throw new ArgotException(model.description().name() + " is a "
                    + model.description().kind().getSimpleName() + ", which does not embed.");
        }
        return embedder;
    }

    private PromptSettings settings(String standard, Optional<String> domain, long seed, Embedder embedder) {
        return PromptSettings.DEFAULT
                .withSelection(selection(selection == null ? standard : selection, domain, seed, embedder))
                .withOrder(
                        switch (order) {
                            case "as-selected" -> ExemplarOrder.AS_SELECTED;
                            case "reversed" -> ExemplarOrder.REVERSED;
                            case "label-entropy" -> ExemplarOrder.LABEL_ENTROPY;
                            default -> throw unknown("--order", "as-selected, reversed or label-entropy", order);
                        })
                .withLayout(
                        switch (layout) {
                            case "text" -> PromptLayout.TEXT;
                            case "message" -> PromptLayout.MESSAGE;
                            case "turns" -> PromptLayout.TURNS;
                            default -> throw unknown("--layout", "text, message or turns", layout);
                        })
                .withScoring(new LabelScoring(
                        switch (normalise) {
                            case "none" -> Normalisation.NONE;
                            case "tokens" -> Normalisation.TOKENS;
                            case "bytes" -> Normalisation.BYTES;
                            case "pmi" -> Normalisation.MUTUAL_INFORMATION;
                            default -> throw unknown("--normalise", "none, tokens, bytes or pmi", normalise);
                        },
                        calibrate ? LabelScoring.CALIBRATED.contentFree() : List.of()));
    }

    private static ExemplarSelection selection(String name, Optional<String> domain, long seed, Embedder embedder) {
        if (name.startsWith("diverse:")) {
            return new ExemplarSelection.Diverse(
                    selection(name.substring("diverse:".length()), domain, seed, embedder));
        }
        if (name.startsWith("balanced:")) {
            return new ExemplarSelection.Balanced(
                    selection(name.substring("balanced:".length()), domain, seed, embedder));
        }
        return switch (name) {
            case "fixed" -> new ExemplarSelection.Fixed();
            case "random" -> new ExemplarSelection.Random(seed);
            case "similar" -> new ExemplarSelection.Similar(domain);
            case "nearest" -> new ExemplarSelection.Nearest(embedder);
            case "diverse" -> new ExemplarSelection.Diverse(new ExemplarSelection.Similar(domain));
            case "balanced" -> new ExemplarSelection.Balanced(new ExemplarSelection.Random(seed));
            default -> throw unknown("--selection", SELECTIONS, name);
        };
    }

    private static IllegalArgumentException unknown(String option, String expected, String found) {
        return new IllegalArgumentException(option + ": expected " + expected + ", found '" + found + "'");
    }
}
