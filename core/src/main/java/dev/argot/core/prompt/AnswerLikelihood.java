package dev.argot.core.prompt;

import dev.argot.api.ArgotException;
import dev.argot.api.CausalModel;
import dev.argot.api.ContinuationScore;
import dev.argot.api.EncodeOptions;
import dev.argot.api.GenerativeModel;
import dev.argot.api.Seq2SeqModel;
import dev.argot.api.TokenContinuations;
import dev.argot.api.Tokenizer;
import dev.argot.api.prompt.PromptLayout;
import dev.argot.api.prompt.PromptSpec;
import dev.argot.api.prompt.RenderedPrompt;
import dev.argot.core.decoding.OpenText;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * How likely a model finds answers to prompts. An answer is tokenized together with the prompt's end where the model continues one text,
 * and by itself behind a chat template and where an encoder reads the prompt. All questions are put to the model in one call. Immutable, hence thread-safe.
 *
 * <p>Where an answer has to be told from a longer one that begins alike, its end is scored along with it: the sum over all ways in
 * which an answer ends here, which are a line break, what stands between items, and the tokens with which the model ends a text or its turn.
 */
final class AnswerLikelihood {
    private final GenerativeModel model;
    private final PromptSpec spec;
    private final Tokenizer tokenizer;
    private final boolean chat;
    private final boolean isRead;
    private final String gap;
    private final Set<Integer> endIds;

    /**
     * For a model.
     *
     * @param model the model
     * @param spec template, layout and tenant
     * @param gap what stands between prompt and answer
     */
    AnswerLikelihood(GenerativeModel model, PromptSpec spec, String gap) {
        this.model = model;
        this.spec = spec;
        this.tokenizer = model.tokenizer();
        this.chat = spec.settings().layout() != PromptLayout.TEXT;
        this.isRead = model instanceof Seq2SeqModel;
        this.gap = gap;
        this.endIds = endIds();
    }

    /**
     * Continuations of a prompt.
     *
     * @param prompt the prompt
     * @param before what is written of the answer already, and not scored
     * @param answers what may follow
     */
    record Question(RenderedPrompt prompt, String before, List<Answer> answers) {
        /** Copies the list. */
        Question {
            answers = List.copyOf(answers);
        }
    }

    /**
     * A part of an answer.
     *
     * @param text the part; empty where only the end is scored
     * @param ends ways in which an answer ends behind it, each a text; scored as one, together with the model's own; empty: the end is not
     *     scored
     */
    record Answer(String text, Optional<List<String>> ends) {
        static Answer open(String text) {
            return new Answer(text, Optional.empty());
        }
    }

    /**
     * How likely a part of an answer is.
     *
     * @param logProbability natural log-probability of its tokens, its end included where it is scored
     * @param tokens how many; the end counts as one
     */
    record Likelihood(double logProbability, int tokens) {}

    /** The texts behind which an item's answer is over, as the template writes them. */
    List<String> ends() {
        return chat || isRead ? List.of() : List.of("\n", spec.template().answerEnd());
    }

    /**
     * Scores answers.
     *
     * @param questions prompts with answers
     * @return for each question one for each of its answers, in order
     * @throws dev.argot.api.ContextLengthException if a prompt with an answer does not fit
     */
    List<List<Likelihood>> score(List<Question> questions) {
        if (questions.isEmpty()) {
            return List.of();
        }
        var requests = new ArrayList<TokenContinuations>();
        var rows = new ArrayList<List<List<int[]>>>();
        for (Question question : questions) {
            List<List<int[]>> ofAnswers =
                    question.answers().stream().map(a -> rows(question, a)).toList();
            rows.add(ofAnswers);
            requests.add(
                    request(question, ofAnswers.stream().flatMap(List::stream).toList()));
        }
        List<List<ContinuationScore>> scores =
                switch (model) {
                    case CausalModel causal -> causal.scoreTokens(requests, Optional.of(spec.tenant()));
                    case Seq2SeqModel seq2seq -> seq2seq.scoreTokens(requests);
                };
        var likelihoods = new ArrayList<List<Likelihood>>();
        for (int i = 0; i < rows.size(); i++) {
            var ofQuestion = new ArrayList<Likelihood>();
            int at = 0;
            for (List<int[]> alternatives : rows.get(i)) {
                ofQuestion.add(sum(scores.get(i).subList(at, at + alternatives.size())));
                at += alternatives.size();
            }
            boolean before = at < scores.get(i).size();
            likelihoods.add(before ? less(ofQuestion, scores.get(i).get(at)) : ofQuestion);
        }
        return likelihoods;
    }

    /** Likelihoods of what follows a beginning. */
    private static List<Likelihood> less(List<Likelihood> whole, ContinuationScore beginning) {
        return whole.stream()
                .map(one -> new Likelihood(
                        one.logProbability() - beginning.logProbability(), one.tokens() - beginning.tokens()))
                .toList();
    }

    /** The probability of one of several, which exclude each other. */
    private static Likelihood sum(List<ContinuationScore> alternatives) {
        double[] logs = alternatives.stream()
                .mapToDouble(ContinuationScore::logProbability)
                .toArray();
        return new Likelihood(
                LogProbabilities.sum(logs),
                alternatives.stream().mapToInt(ContinuationScore::tokens).min().orElseThrow());
    }

    private TokenContinuations request(Question question, List<int[]> rows) {
        if (!isRead) {
            Tokenizer.SpecialTokens special = tokenizer.specialTokens();
            return OpenText.continuations(
                    written(question), rows, special.bos().isPresent() ? special.bos() : special.eos());
        }
        int[] source = tokenizer.encode(question.prompt().text()).ids();
        int[] before = written(question);
        return new TokenContinuations(
                source,
                before.length == 0
                        ? rows
                        : Stream.concat(rows.stream(), Stream.of(before)).toList());
    }

    /** The tokens before the answers, as the prompt alone has them. */
    private int[] written(Question question) {
        return question.before().isEmpty() ? question.prompt().ids() : ids(question, "");
    }

    /** All tokens of the prompt, where the model continues it, and of an answer, for each way in which the answer ends. */
    private List<int[]> rows(Question question, Answer answer) {
        if (answer.ends().isEmpty()) {
            return List.of(ids(question, answer.text()));
        }
        var rows = new ArrayList<int[]>();
        int[] open = answer.text().isEmpty() ? written(question) : ids(question, answer.text());
        for (int end : endIds) {
            rows.add(IntStream.concat(Arrays.stream(open), IntStream.of(end)).toArray());
        }
        for (String end : new LinkedHashSet<>(answer.ends().get())) {
            int[] row = ids(question, answer.text() + end);
            // of two ends one of which begins the other, the shorter includes the longer
            if (rows.stream().noneMatch(other -> begins(other, row))) {
                rows.removeIf(other -> begins(row, other));
                rows.add(row);
            }
        }
        if (rows.isEmpty()) {
            throw new ArgotException("The tokenizer of " + model.description().name()
                    + " has no token that ends a text, so labels of which one begins another cannot be told apart.");
        }
        return rows;
    }

    private static boolean begins(int[] beginning, int[] row) {
        return beginning.length <= row.length
                && Arrays.equals(beginning, 0, beginning.length, row, 0, beginning.length);
    }

    private int[] ids(Question question, String answer) {
        if (chat || isRead) { // the ids of a prompt that an encoder reads are empty
            return IntStream.concat(
                            Arrays.stream(question.prompt().ids()), Arrays.stream(plain(question.before() + answer)))
                    .toArray();
        }
        return OpenText.ids(tokenizer, question.prompt().text() + gap + question.before() + answer);
    }

    private int[] plain(String text) {
        return tokenizer.encode(text, EncodeOptions.PLAIN).ids();
    }

    // ---- ends

    /** Tokens with which the model ends a text, or its turn in a conversation. */
    private Set<Integer> endIds() {
        var ids = new TreeSet<Integer>();
        tokenizer.specialTokens().eos().ifPresent(ids::add);
        if (chat) {
            new ChatPrompts(tokenizer).turnEnd().ifPresent(ids::add);
        }
        return ids;
    }
}
