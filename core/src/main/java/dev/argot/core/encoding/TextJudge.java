package dev.argot.core.encoding;

import dev.argot.api.EncodeOptions;
import dev.argot.api.EncodeOptions.Truncation;
import dev.argot.api.SequenceClassifier.Classification;
import dev.argot.api.SequenceClassifier.Kind;
import dev.argot.api.SequenceClassifier.LabelScore;
import dev.argot.api.SequenceClassifier.TextPair;
import dev.argot.api.Tokenizer;
import dev.argot.spi.CompiledModel;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;

/** Judges texts as a whole. Reference: the text-classification pipeline of Hugging Face. Thread-safe. */
public final class TextJudge {
    private final CompiledModel model;
    private final Tokenizer tokenizer;
    private final int contextLength;
    private final List<String> labels;
    private final Kind kind;

    /**
     * A judge.
     *
     * @param model a model whose {@code logits} are [B, labels]
     * @param tokenizer its tokenizer
     * @param contextLength the most tokens it reads
     * @param labels names of the classes
     * @param kind what the logits mean
     */
    public TextJudge(CompiledModel model, Tokenizer tokenizer, int contextLength, List<String> labels, Kind kind) {
        this.model = model;
        this.tokenizer = tokenizer;
        this.contextLength = contextLength;
        this.labels = labels;
        this.kind = kind;
    }

    /**
     * Judges texts.
     *
     * @param texts untrusted texts; what does not fit is cut at the end
     */
    public List<Classification> texts(List<String> texts) {
        EncodeOptions options = EncodeOptions.DEFAULT.withTruncation(Truncation.to(contextLength));
        return rows(texts.parallelStream()
                .map(text -> TokenRow.of(tokenizer.encode(text, options)))
                .toList());
    }

    /**
     * Judges pairs of texts.
     *
     * @param pairs untrusted texts; of what does not fit the longer text of a pair is cut
     */
    public List<Classification> pairs(List<TextPair> pairs) {
        EncodeOptions options = EncodeOptions.DEFAULT.withTruncation(Truncation.to(contextLength));
        return rows(pairs.parallelStream()
                .map(pair -> TokenRow.of(tokenizer.encodePair(pair.first(), pair.second(), options)))
                .toList());
    }

    private List<Classification> rows(List<TokenRow> rows) {
        var results = new Classification[rows.size()];
        int pad = tokenizer.specialTokens().pad().orElse(0);
        TokenBatches.run(model, pad, rows, List.of("logits"), (batch, outputs) -> {
            float[] logits = TokenBatches.floats(outputs, "logits");
            for (int i = 0; i < batch.length; i++) {
                results[batch[i]] = classification(logits, i * labels.size());
            }
        });
        return Arrays.asList(results);
    }

    private Classification classification(float[] logits, int from) {
        double[] scores =
                switch (kind) {
                    case SINGLE_LABEL -> ClassScores.softmax(logits, from, labels.size());
                    case MULTI_LABEL -> ClassScores.sigmoid(logits, from, labels.size());
                    case REGRESSION -> ClassScores.numbers(logits, from, labels.size());
                };
        var named = new ArrayList<LabelScore>();
        for (int i = 0; i < scores.length; i++) {
            named.add(new LabelScore(labels.get(i), scores[i]));
        }
        if (kind != Kind.REGRESSION) {
            named.sort(Comparator.comparingDouble(LabelScore::score).reversed());
        }
        return new Classification(named);
    }
}
