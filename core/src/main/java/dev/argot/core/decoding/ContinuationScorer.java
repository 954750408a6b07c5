package dev.argot.core.decoding;

import dev.argot.api.ArgotException;
import dev.argot.api.ContextLengthException;
import dev.argot.api.ContinuationScore;
import dev.argot.api.EncodeOptions;
import dev.argot.api.Encoding;
import dev.argot.api.EngineException;
import dev.argot.api.TokenContinuations;
import dev.argot.api.Tokenizer;
import dev.argot.spi.CompiledModel;
import dev.argot.spi.Session;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;
import java.util.stream.IntStream;

/**
 * Scores continuations of a prompt from forks of one session, in which the prompt was run once. Stateless, hence thread-safe.
 *
 * <p>Each continued text is tokenized as a whole. What all of them and the prompt begin with is the prefix; what follows it is scored. So
 * every text has the tokens the model was trained to read, also where a token reaches over the end of the prompt.
 */
public final class ContinuationScorer {
    /** Rows scored at once; bounds the memory for their logits. */
    private static final int ROWS = 16;

    private ContinuationScorer() {}

    /**
     * Scores continuations.
     *
     * @param model the model
     * @param tokenizer its tokenizer
     * @param contextLength the most tokens of a prompt with its continuation
     * @param bosId what stands before the continuations where no token of the prompt does
     * @param prompt untrusted text
     * @param continuations untrusted texts, none empty
     * @throws ContextLengthException if the prompt with a continuation does not fit
     * @throws ArgotException if no token stands before the continuations
     */
    public static List<ContinuationScore> score(
            CompiledModel model,
            Tokenizer tokenizer,
            int contextLength,
            OptionalInt bosId,
            String prompt,
            List<String> continuations) {
        if (continuations.isEmpty()) {
            return List.of();
        }
        List<int[]> texts = new ArrayList<>();
        int ending = 0;
        for (String continuation : continuations) {
            if (continuation.isEmpty()) {
                throw new IllegalArgumentException("a continuation must not be empty");
            }
            Encoding encoding = tokenizer.encode(prompt + continuation, EncodeOptions.DEFAULT);
            ending = ending(encoding);
            texts.add(Arrays.copyOf(encoding.ids(), encoding.size() - ending));
        }
        Encoding alone = tokenizer.encode(prompt, EncodeOptions.DEFAULT);
        int[] prefix = Arrays.copyOf(alone.ids(), alone.size() - ending);
        int shared = prefix.length;
        for (int[] text : texts) {
            int differs = Arrays.mismatch(prefix, text);
            shared = Math.min(shared, differs < 0 ? prefix.length : differs);
        }
        if (shared == 0) {
            if (bosId.isEmpty()) {
                throw new ArgotException("No token stands before the continuations of the prompt '" + prompt
                        + "', so there is nothing to score them after. Give a longer prompt.");
            }
            texts.replaceAll(text ->
                    IntStream.concat(bosId.stream(), Arrays.stream(text)).toArray());
            prefix = new int[] {bosId.getAsInt()};
            shared = 1;
        }
        int capacity = capacity(texts, contextLength);
        try (Session session = model.openSession(1, capacity)) {
            session.append(new int[][] {Arrays.copyOf(prefix, shared)});
            return score(session, texts, shared, continuations);
        }
    }

    /**
     * Scores continuations of a prompt, both token ids.
     *
     * @param model the model
     * @param tokenizer gives the scores' texts
     * @param contextLength the most tokens of a prompt with its continuation
     * @param request prompt and continuations
     * @throws ContextLengthException if the prompt with a continuation does not fit
     */
    public static List<ContinuationScore> score(
            CompiledModel model, Tokenizer tokenizer, int contextLength, TokenContinuations request) {
        List<int[]> texts = new ArrayList<>();
        for (int[] continuation : request.continuations()) {
            texts.add(IntStream.concat(Arrays.stream(request.prompt()), Arrays.stream(continuation))
                    .toArray());
        }
        int capacity = capacity(texts, contextLength);
        try (Session session = model.openSession(1, capacity)) {
            session.append(new int[][] {request.prompt()});
            return score(
                    session,
                    texts,
                    request.prompt().length,
                    request.continuations().stream().map(tokenizer::decode).toList());
        }
    }

    /**
     * Scores what a decoder may write that reads an encoder's output. The tokens a tokenizer puts around a text are not scored.
     *
     * @param model the model
     * @param tokenizer its tokenizer
     * @param contextLength the most tokens of a prompt, and of a continuation
     * @param start what the decoder begins with
     * @param prompt untrusted text, read by the encoder
     * @param continuations untrusted texts, none empty
     * @throws ContextLengthException if the prompt or a continuation does not fit
     */
    public static List<ContinuationScore> scoreWritten(
            CompiledModel model,
            Tokenizer tokenizer,
            int contextLength,
            int[] start,
            String prompt,
            List<String> continuations) {
        if (continuations.isEmpty()) {
            return List.of();
        }
        List<int[]> texts = new ArrayList<>();
        for (String continuation : continuations) {
            int[] ids = tokenizer.encode(continuation, EncodeOptions.PLAIN).ids();
            if (ids.length == 0) {
                throw new IllegalArgumentException("a continuation must not be empty");
            }
            texts.add(IntStream.concat(Arrays.stream(start), Arrays.stream(ids)).toArray());
        }
        int[] source = tokenizer.encode(prompt, EncodeOptions.DEFAULT).ids();
        if (source.length == 0) {
            throw new ArgotException("The prompt has no tokens. Give a prompt of at least one token.");
        }
        if (source.length > contextLength) {
            throw new ContextLengthException(source.length, contextLength);
        }
        int capacity = capacity(texts, contextLength);
        try (Session session = model.openSession(new int[][] {source}, capacity)) {
            session.append(new int[][] {start});
            return score(session, texts, start.length, continuations);
        }
    }

    private static int capacity(List<int[]> texts, int contextLength) {
        int capacity = texts.stream().mapToInt(ids -> ids.length).max().orElseThrow();
        if (capacity > contextLength) {
            throw new ContextLengthException(capacity, contextLength);
        }
        return capacity;
    }

    /** Scores what follows the shared tokens, which the session's only row has. */
    private static List<ContinuationScore> score(
            Session session, List<int[]> texts, int shared, List<String> continuations) {
        List<ContinuationScore> scores = new ArrayList<>();
        for (int from = 0; from < texts.size(); from += ROWS) {
            int to = Math.min(from + ROWS, texts.size());
            int[][] rows = new int[to - from][];
            for (int i = 0; i < rows.length; i++) {
                rows[i] = Arrays.copyOfRange(texts.get(from + i), shared, texts.get(from + i).length);
            }
            double[][] found;
            try (Session fork = session.fork(new int[rows.length])) {
                found = fork.score(rows);
            }
            for (int i = 0; i < rows.length; i++) {
                scores.add(sum(continuations.get(from + i), found[i]));
            }
        }
        return scores;
    }

    private static ContinuationScore sum(String continuation, double[] logProbabilities) {
        double sum = Arrays.stream(logProbabilities).sum();
        if (Double.isNaN(sum) || sum == Double.POSITIVE_INFINITY) {
            throw new EngineException("The log-probability of the continuation '" + continuation + "' is " + sum
                    + ", expected a number. The weights may be damaged, or overflow in half precision: try float32.");
        }
        return new ContinuationScore(continuation, sum, logProbabilities.length);
    }

    /** How many tokens were added behind a text that is not empty, such as an end of sequence; a text to be continued has none. */
    private static int ending(Encoding encoding) {
        int ending = 0;
        while (ending < encoding.size() && encoding.isSpecial(encoding.size() - 1 - ending)) {
            ending++;
        }
        return ending;
    }
}
