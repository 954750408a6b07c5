package dev.argot.core.encoding;

import dev.argot.api.AnswerOptions;
import dev.argot.api.ContextLengthException;
import dev.argot.api.EncodeOptions;
import dev.argot.api.EncodeOptions.Truncation;
import dev.argot.api.Encoding;
import dev.argot.api.QuestionAnswerer.FoundAnswer;
import dev.argot.api.QuestionAnswerer.Question;
import dev.argot.api.Tokenizer;
import dev.argot.spi.CompiledModel;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * Finds answers in passages. A span scores the probability of its start times that of its end, both among the tokens of the passage and the
 * first token, which stands for "no answer". Reference: the question-answering pipeline of Hugging Face (transformers 4). Thread-safe.
 */
public final class AnswerFinder {
    private static final int WINDOW = 384;
    private static final int OVERLAP = 128;

    private final CompiledModel model;
    private final Tokenizer tokenizer;
    private final int contextLength;
    /** Special tokens around a pair. */
    private final int added;

    /**
     * A finder.
     *
     * @param model a model whose {@code logits} are [B, T, 2]: start, end
     * @param tokenizer its tokenizer
     * @param contextLength the most tokens it reads
     */
    public AnswerFinder(CompiledModel model, Tokenizer tokenizer, int contextLength) {
        this.model = model;
        this.tokenizer = tokenizer;
        this.contextLength = contextLength;
        this.added = tokenizer.encodePair("", "", EncodeOptions.DEFAULT).size();
    }

    /**
     * Finds answers.
     *
     * @param questions questions with passages
     * @param options how many answers, how long
     * @throws ContextLengthException if a question leaves no room for the passage
     */
    public List<List<FoundAnswer>> answers(List<Question> questions, AnswerOptions options) {
        var windows = new ArrayList<Encoding>();
        var owners = new ArrayList<Integer>();
        for (int i = 0; i < questions.size(); i++) {
            for (Encoding window : windows(questions.get(i))) {
                windows.add(window);
                owners.add(i);
            }
        }
        var found = new ArrayList<Found>();
        questions.forEach(question -> found.add(new Found()));
        List<TokenRow> rows = windows.stream().map(TokenRow::of).toList();
        int pad = tokenizer.specialTokens().pad().orElse(0);
        TokenBatches.run(model, pad, rows, List.of("logits"), (batch, outputs) -> {
            float[] logits = TokenBatches.floats(outputs, "logits");
            int width = logits.length / batch.length;
            for (int i = 0; i < batch.length; i++) {
                int question = owners.get(batch[i]);
                search(
                        questions.get(question).passage(),
                        windows.get(batch[i]),
                        logits,
                        i * width,
                        options.maxAnswerTokens(),
                        found.get(question));
            }
        });
        return found.stream().map(answers -> answers.best(options)).toList();
    }

    private List<Encoding> windows(Question question) {
        int asked = tokenizer.encode(question.question(), EncodeOptions.PLAIN).size() + added;
        int window = Math.min(contextLength, Math.max(WINDOW, asked + OVERLAP));
        int room = window - asked;
        if (room < 1) {
            throw new ContextLengthException(
                    "The question has " + asked + " tokens with the special ones, the context holds " + contextLength
                            + ", which leaves no room for the passage.",
                    asked,
                    contextLength);
        }
        int overlap = Math.min(Math.min(window, room) / 2, OVERLAP);
        Encoding first = tokenizer.encodePair(
                question.question(),
                question.passage(),
                EncodeOptions.DEFAULT.withTruncation(new Truncation(
                        window, overlap, Truncation.Strategy.ONLY_SECOND, Truncation.Side.END)));
        var windows = new ArrayList<Encoding>();
        windows.add(first);
        windows.addAll(first.overflow());
        return windows;
    }

    /** What was found for a question so far. */
    private static final class Found {
        private final List<FoundAnswer> answers = new ArrayList<>();
        private double none = Double.POSITIVE_INFINITY;

        /** The best ones that do not overlap. */
        List<FoundAnswer> best(AnswerOptions options) {
            if (options.unanswerable() && none < Double.POSITIVE_INFINITY) {
                answers.add(new FoundAnswer("", 0, 0, none));
            }
            answers.sort(Comparator.comparingDouble(FoundAnswer::score)
                    .reversed()
                    .thenComparingInt(FoundAnswer::start)
                    .thenComparingInt(FoundAnswer::end));
            var best = new ArrayList<FoundAnswer>();
            for (FoundAnswer answer : answers) {
                if (best.stream().noneMatch(b -> b.start() < answer.end() && answer.start() < b.end())) {
                    best.add(answer);
                    if (best.size() == options.top()) {
                        break;
                    }
                }
            }
            return List.copyOf(best);
        }
    }

    /** The spans of a window. */
    private static void search(
            String passage, Encoding window, float[] logits, int from, int maxTokens, Found found) {
        int n = window.size();
        var candidates = new boolean[n];
        for (int i = 0; i < n; i++) {
            candidates[i] = window.sequenceId(i) == 1 || i == 0;
        }
        double[] starts = probabilities(candidates, logits, from, 0);
        double[] ends = probabilities(candidates, logits, from, 1);
        if (window.sequenceId(0) != 1) {
            found.none = Math.min(found.none, starts[0] * ends[0]);
        }
        for (int s = 0; s < n; s++) {
            if (window.sequenceId(s) != 1) {
                continue;
            }
            int start = start(window, s);
            for (int e = s; e < Math.min(n, s + maxTokens) && window.sequenceId(e) == 1; e++) {
                int end = end(window, e);
                int begin = start;
                while (begin < end && Character.isWhitespace(passage.charAt(begin))) { // counted to the word by some
                    begin++;
                }
                if (begin < end) {
                    found.answers.add(
                            new FoundAnswer(passage.substring(begin, end), begin, end, starts[s] * ends[e]));
                }
            }
        }
    }

    /** Probabilities among the candidates; 0 elsewhere. */
    private static double[] probabilities(boolean[] candidates, float[] logits, int from, int column) {
        var chosen = new float[candidates.length];
        int count = 0;
        for (int i = 0; i < candidates.length; i++) {
            if (candidates[i]) {
                chosen[count++] = logits[from + 2 * i + column];
            }
        }
        double[] softmax = ClassScores.softmax(chosen, 0, count);
        var probabilities = new double[candidates.length];
        count = 0;
        for (int i = 0; i < candidates.length; i++) {
            if (candidates[i]) {
                probabilities[i] = softmax[count++];
            }
        }
        return probabilities;
    }

    /** Where the word of a token starts. */
    private static int start(Encoding window, int token) {
        int first = token;
        while (first > 0 && sameWord(window, first - 1, token)) {
            first--;
        }
        return window.start(first);
    }

    /** Where the word of a token ends. */
    private static int end(Encoding window, int token) {
        int last = token;
        while (last + 1 < window.size() && sameWord(window, last + 1, token)) {
            last++;
        }
        return window.end(last);
    }

    private static boolean sameWord(Encoding window, int a, int b) {
        return window.sequenceId(a) == window.sequenceId(b) && window.wordId(a) == window.wordId(b);
    }
}
