package dev.argot.core;

import dev.argot.api.SequenceClassifier;
import dev.argot.core.encoding.TextJudge;
import dev.argot.spi.Config;
import java.util.List;

/** An encoder that judges texts, on an engine. Thread-safe: calls run side by side; closing waits for them. */
final class LoadedSequenceClassifier extends LoadedModel implements SequenceClassifier {
    private final List<String> labels;
    private final Kind kind;
    private final TextJudge judge;

    /**
     * A model that owns its checkpoint and compiled model from now on.
     *
     * @param parts what it is made of
     */
    LoadedSequenceClassifier(Parts parts) {
        super(parts);
        this.labels = parts.architecture().labels();
        this.kind = kind(parts.checkpoint().config(), labels.size());
        this.judge = new TextJudge(
                parts.compiled(), parts.tokenizer(), parts.description().contextLength(), labels, kind);
    }

    /** A single output whose meaning is not stated is a probability, as in the text-classification pipeline of Hugging Face. */
    private static Kind kind(Config config, int labels) {
        String problem =
                config.string("problem_type", labels == 1 ? "multi_label_classification" : "single_label_classification");
        return switch (problem) {
            case "regression" -> Kind.REGRESSION;
            case "single_label_classification" -> Kind.SINGLE_LABEL;
            case "multi_label_classification" -> Kind.MULTI_LABEL;
            default ->
                throw config.error(
                        "problem_type",
                        "expected regression, single_label_classification or multi_label_classification, found '"
                                + problem + "'");
        };
    }

    @Override
    public List<String> labels() {
        return labels;
    }

    @Override
    public Kind kind() {
        return kind;
    }

    @Override
    public List<Classification> classifyAll(List<String> texts) {
        return whileOpen(() -> judge.texts(texts));
    }

    @Override
    public List<Classification> classifyPairs(List<TextPair> pairs) {
        return whileOpen(() -> judge.pairs(pairs));
    }
}
