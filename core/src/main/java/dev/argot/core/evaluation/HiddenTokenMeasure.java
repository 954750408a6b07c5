package dev.argot.core.evaluation;

import dev.argot.api.ArgotException;
import dev.argot.api.EncodeOptions;
import dev.argot.api.EngineException;
import dev.argot.api.MaskedModel;
import dev.argot.api.Model;
import dev.argot.api.Seq2SeqModel;
import dev.argot.api.Tokenizer;
import dev.argot.api.evaluation.Estimate;
import dev.argot.api.evaluation.EvaluationSpec;
import dev.argot.api.evaluation.HeldOutText;
import dev.argot.api.evaluation.HiddenTokens;
import dev.argot.api.evaluation.HiddenTokens.Kind;
import dev.argot.api.evaluation.HiddenTokens.Occurrence;
import dev.argot.api.evaluation.HiddenTokens.RareTerms;
import dev.argot.core.objective.MaskedLanguage;
import dev.argot.core.objective.SpanCorruption;
import dev.argot.core.objective.TermFinder;
import dev.argot.spi.GraphInputs;
import dev.argot.spi.Objective;
import dev.argot.spi.Objective.Example;
import dev.argot.spi.ObjectiveContext;
import dev.argot.spi.Settings;
import dev.argot.spi.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.function.IntConsumer;
import java.util.function.ToDoubleFunction;
import java.util.regex.Pattern;

/** Measures how well hidden tokens of texts are guessed. One object for one model. */
final class HiddenTokenMeasure {
    /** Pieces computed at once … */
    private static final int BATCH = 8;
    /** … and their hidden tokens; bounds the memory of logits. */
    private static final int LOGITS = 256;

    private static final Pattern NO_WORD = Pattern.compile("[^\\p{L}\\p{N}]+");
    private static final int SHORTEST_RARE_WORD = 4;

    private final LabelPredictor model;
    private final Tokenizer tokenizer;
    private final EvaluationSpec spec;
    private final Kind kind;
    private final Objective objective;
    private final int context;
    private final int pad;

    /**
     * A measure.
     *
     * @param model an encoder or encoder-decoder that was loaded here
     * @param spec window and seed
     */
    HiddenTokenMeasure(Model model, EvaluationSpec spec) {
        if (!(model instanceof LabelPredictor predictor)) {
            throw new ArgotException("Held-out texts can be measured of models that Argot loaded, not of a "
                    + model.getClass().getName() + ".");
        }
        this.model = predictor;
        this.tokenizer = model.tokenizer();
        this.spec = spec;
        this.context = Math.min(spec.window().context(), model.description().contextLength());
        this.pad = tokenizer.specialTokens().pad().orElse(0);
        var plain = new ObjectiveContext(tokenizer, predictor.vocabularySize(), List.of());
        switch (model) {
            case MaskedModel masked -> {
                kind = Kind.MASKED;
                objective = MaskedLanguage.plain(plain);
            }
            case Seq2SeqModel seq2seq -> {
                kind = Kind.SPANS;
                objective = new SpanCorruption().open(new Settings("span corruption", Map.of()), plain);
            }
            default ->
                throw new ArgotException("Held-out texts cannot be measured of "
                        + model.description().name() + ", which has a task head or none.");
        }
    }

    /** Whether rare terms can be asked for. */
    boolean asksForTerms() {
        return kind == Kind.MASKED;
    }

    /**
     * Measures a text.
     *
     * @param text the text
     * @param terms terms of the domain; rare ones are asked for
     * @param progress told before each document how many are done
     */
    HiddenTokens measure(HeldOutText text, List<String> terms, IntConsumer progress) {
        var pieces = new ArrayList<int[]>();
        int documents = 0;
        int left = spec.window().limit().orElse(Integer.MAX_VALUE);
        for (String document : text.documents()) {
            if (left < 2) {
                break;
            }
            int[] ids = tokenizer.encode(document, EncodeOptions.PLAIN).ids();
            ids = Arrays.copyOf(ids, Math.min(ids.length, left));
            left -= ids.length;
            int before = pieces.size();
            cut(ids, pieces);
            documents += pieces.size() > before ? 1 : 0;
        }
        if (pieces.isEmpty()) {
            throw new ArgotException(
                    "The held-out text '" + text.name() + "' has no document that is long enough to hide tokens of.");
        }
        var examples = new ArrayList<Example>();
        for (int i = 0; i < pieces.size(); i++) {
            var random = new SplittableRandom(spec.seed() + 0x9E3779B97F4A7C15L * (i + 1L));
            examples.add(objective.example(pieces.get(i), 0, random));
        }
        List<LabelPredictor.Predictions> guessed = predict(examples, progress);
        double nats = 0;
        var right = new int[examples.size()];
        var tokens = new int[examples.size()];
        for (int i = 0; i < guessed.size(); i++) {
            for (double logProbability : guessed.get(i).logProbabilities()) {
                nats -= logProbability;
            }
            tokens[i] = guessed.get(i).right().length;
            right[i] = count(guessed.get(i).right(), 0, tokens[i]);
        }
        if (!Double.isFinite(nats)) {
            throw new EngineException(
                    "The model's log-probabilities of the text '" + text.name() + "' sum to " + -nats
                            + ", expected a finite number. The weights may be damaged, or overflow in half precision: try float32.");
        }
        Estimate accuracy = Bootstrap.estimate(tokens.length, spec.seed(), share(right, tokens));
        return new HiddenTokens(
                text.name(),
                text.role(),
                kind,
                documents,
                Arrays.stream(tokens).asLongStream().sum(),
                Arrays.deepHashCode(examples.stream().map(Example::labels).toArray()),
                nats,
                accuracy,
                text.role() == HeldOutText.Role.DOMAIN && asksForTerms() ? rareTerms(pieces, terms) : Optional.empty());
    }

    /** Cuts a document into stretches that fill the context. */
    private void cut(int[] ids, List<int[]> pieces) {
        int targets = objective.targetTokens(context);
        for (int at = 0; at < ids.length; ) {
            int count = objective.fitting(ids.length - at, 0, context, targets > 0 ? targets : Integer.MAX_VALUE);
            if (count == 0) {
                break;
            }
            pieces.add(Arrays.copyOfRange(ids, at, at + count));
            at += count;
        }
    }

    private static int count(boolean[] right, int from, int to) {
        int count = 0;
        for (int i = from; i < to; i++) {
            count += right[i] ? 1 : 0;
        }
        return count;
    }

    private static ToDoubleFunction<int[]> share(int[] part, int[] whole) {
        return drawn -> {
            long sum = 0;
            long all = 0;
            for (int i : drawn) {
                sum += part[i];
                all += whole[i];
            }
            return (double) sum / Math.max(1, all);
        };
    }

    // ---- rare terms

    private Optional<RareTerms> rareTerms(List<int[]> pieces, List<String> terms) {
        var finder =
                new TermFinder(tokenizer, terms.stream().filter(this::isRare).toList());
        int mask = tokenizer.specialTokens().mask().orElseThrow();
        var examples = new ArrayList<Example>();
        var found = new ArrayList<List<int[]>>(); // for each example the tokens of each occurrence
        for (int[] piece : pieces) {
            int[] hidden = piece.clone();
            var labels = new int[piece.length];
            Arrays.fill(labels, Example.IGNORED);
            var occurrences = new ArrayList<int[]>();
            for (int i = 0; i < piece.length; ) {
                int length = finder.lengthAt(piece, i);
                if (length > 0) {
                    System.arraycopy(piece, i, labels, i, length);
                    Arrays.fill(hidden, i, i + length, mask);
                    occurrences.add(Arrays.copyOfRange(piece, i, i + length));
                }
                i += Math.max(1, length);
            }
            if (!occurrences.isEmpty()) {
                examples.add(MaskedLanguage.framed(tokenizer, hidden, labels));
                found.add(occurrences);
            }
        }
        if (examples.isEmpty()) {
            return Optional.empty();
        }
        List<LabelPredictor.Predictions> guessed = predict(examples, done -> {});
        var occurrences = new ArrayList<Occurrence>();
        for (int i = 0; i < found.size(); i++) {
            int at = 0;
            for (int[] term : found.get(i)) {
                occurrences.add(new Occurrence(
                        tokenizer.decode(term).strip(),
                        term.length,
                        count(guessed.get(i).right(), at, at + term.length)));
                at += term.length;
            }
        }
        return Optional.of(new RareTerms(
                Bootstrap.estimate(occurrences.size(), spec.seed(), tokensRight(occurrences)),
                Bootstrap.estimate(
                        occurrences.size(),
                        spec.seed(),
                        Answers.mean(occurrences, o -> o.right() == o.tokens() ? 1 : 0)),
                occurrences));
    }

    /** The share of the terms' tokens that are guessed right. */
    static ToDoubleFunction<int[]> tokensRight(List<Occurrence> occurrences) {
        return share(
                occurrences.stream().mapToInt(Occurrence::right).toArray(),
                occurrences.stream().mapToInt(Occurrence::tokens).toArray());
    }

    private boolean isRare(String term) {
        for (String word : NO_WORD.split(term, -1)) {
            if (word.codePointCount(0, word.length()) >= SHORTEST_RARE_WORD
                    && size(word) > 1
                    && size(" " + word) > 1
                    && size(" " + word.toLowerCase(Locale.ROOT)) > 1) {
                return true;
            }
        }
        return false;
    }

    private int size(String text) {
        return tokenizer.encode(text, EncodeOptions.PLAIN).size();
    }

    // ---- running the model

    private List<LabelPredictor.Predictions> predict(List<Example> examples, IntConsumer progress) {
        var results = new ArrayList<LabelPredictor.Predictions>();
        for (int from = 0; from < examples.size(); ) {
            progress.accept(from);
            int to = from + 1;
            int most = asked(examples.get(from));
            while (to < Math.min(from + BATCH, examples.size())
                    && Math.max(most, asked(examples.get(to))) * (to + 1 - from) <= LOGITS) {
                most = Math.max(most, asked(examples.get(to++)));
            }
            List<Example> batch = examples.subList(from, to);
            from = to;
            LabelPredictor.Predictions all = model.predict(inputs(batch));
            int at = 0;
            for (Example example : batch) {
                int count = asked(example);
                results.add(new LabelPredictor.Predictions(
                        Arrays.copyOfRange(all.logProbabilities(), at, at + count),
                        Arrays.copyOfRange(all.right(), at, at + count)));
                at += count;
            }
        }
        return results;
    }

    private static int asked(Example example) {
        return (int) Arrays.stream(example.labels())
                .filter(label -> label != Example.IGNORED)
                .count();
    }

    private Map<String, Tensor> inputs(List<Example> batch) {
        var inputs = new LinkedHashMap<String, Tensor>();
        inputs.put("input_ids", rows(batch.stream().map(Example::inputs).toList(), pad));
        inputs.put(
                "attention_mask",
                rows(batch.stream().map(e -> ones(e.inputs().length)).toList(), 0));
        Tensor.Longs labels = rows(batch.stream().map(Example::labels).toList(), Example.IGNORED);
        inputs.put("labels", labels);
        if (kind == Kind.SPANS) {
            inputs.put("decoder_input_ids", GraphInputs.shiftRight(labels, model.decoderStart(), pad));
        }
        return inputs;
    }

    private static int[] ones(int count) {
        var ones = new int[count];
        Arrays.fill(ones, 1);
        return ones;
    }

    private static Tensor.Longs rows(List<int[]> rows, long fill) {
        int width = rows.stream().mapToInt(row -> row.length).max().orElse(0);
        var data = new long[rows.size() * width];
        Arrays.fill(data, fill);
        for (int r = 0; r < rows.size(); r++) {
            for (int i = 0; i < rows.get(r).length; i++) {
                data[r * width + i] = rows.get(r)[i];
            }
        }
        return new Tensor.Longs(data, rows.size(), width);
    }
}
