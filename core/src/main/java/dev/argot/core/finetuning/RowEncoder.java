package dev.argot.core.finetuning;

import dev.argot.api.ArgotException;
import dev.argot.api.EncodeOptions;
import dev.argot.api.EncodeOptions.Truncation;
import dev.argot.api.Encoding;
import dev.argot.api.SequenceClassifier;
import dev.argot.api.Tokenizer;
import dev.argot.api.finetuning.AnsweredQuestion;
import dev.argot.api.finetuning.FineTuningTask;
import dev.argot.api.finetuning.LabelledItem;
import dev.argot.api.finetuning.LabelledText;
import dev.argot.api.finetuning.TaggedText;
import dev.argot.core.encoding.Frame;
import dev.argot.core.encoding.TokenRow;
import dev.argot.core.encoding.WordEncoder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Turns labelled items into rows. Words are tagged at their first token, the others are not scored, as Hugging Face's example of token
 * classification does; an answer is learned in the windows that hold all of it, the others point at the first token, as its example of
 * question answering does. Thread-safe.
 */
final class RowEncoder {
    private static final long NOT_SCORED = -100;

    private final FineTuningTask task;
    private final Tokenizer tokenizer;
    private final int maxLength;
    private final WordEncoder encoder;
    private final Frame frame;

    /**
     * An encoder.
     *
     * @param maxLength the most tokens of a row
     */
    RowEncoder(FineTuningTask task, Tokenizer tokenizer, int maxLength) {
        this.task = task;
        this.tokenizer = tokenizer;
        this.maxLength = maxLength;
        this.encoder = new WordEncoder(tokenizer);
        this.frame = new Frame(tokenizer);
    }

    /**
     * The rows of items; an item may have several, or none with something to learn.
     *
     * @throws ArgotException if a question leaves no place for its passage
     */
    List<LabelledRow> encode(List<? extends LabelledItem> items) {
        var rows = new ArrayList<LabelledRow>();
        for (int i = 0; i < items.size(); i++) {
            switch (items.get(i)) {
                case LabelledText text -> rows.add(classified(i, text));
                case TaggedText text -> tagged(i, text, rows);
                case AnsweredQuestion question -> answered(i, question, rows);
            }
        }
        return rows;
    }

    private static LabelledRow row(int item, Encoding encoding, LabelledRow.Target target) {
        return new LabelledRow(item, TokenRow.of(encoding), target);
    }

    private LabelledRow classified(int item, LabelledText text) {
        EncodeOptions options = EncodeOptions.DEFAULT.withTruncation(Truncation.to(maxLength));
        Encoding encoding = text.second().isPresent()
                ? tokenizer.encodePair(text.text(), text.second().get(), options)
                : tokenizer.encode(text.text(), options);
        List<String> labels = task.labels();
        if (task instanceof FineTuningTask.Classification classification
                && classification.outputs() == SequenceClassifier.Kind.SINGLE_LABEL) {
            String label = text.targets().keySet().iterator().next();
            return row(item, encoding, new LabelledRow.OneClass(labels.indexOf(label)));
        }
        var values = new float[labels.size()];
        for (int k = 0; k < values.length; k++) {
            values[k] = text.targets().getOrDefault(labels.get(k), 0.0).floatValue();
        }
        return row(item, encoding, new LabelledRow.Values(values));
    }

    /** What does not fit a row goes on in the next one. */
    private void tagged(int item, TaggedText text, List<LabelledRow> rows) {
        WordEncoder.Words words = encoder.encode(text.words());
        var labels = new long[words.ids().length];
        Arrays.fill(labels, NOT_SCORED);
        for (int w = 0; w < words.firsts().length; w++) {
            if (words.firsts()[w] >= 0) {
                labels[words.firsts()[w]] = task.labels().indexOf(text.tags().get(w));
            }
        }
        int room = maxLength - frame.size();
        for (int from = 0; from < labels.length; from += room) {
            int to = Math.min(labels.length, from + room);
            TokenRow row = frame.around(Arrays.copyOfRange(words.ids(), from, to));
            var target = new long[row.size()];
            Arrays.fill(target, NOT_SCORED);
            System.arraycopy(labels, from, target, frame.before(), to - from);
            if (Arrays.stream(target).anyMatch(label -> label != NOT_SCORED)) {
                rows.add(new LabelledRow(item, row, new LabelledRow.Tags(target)));
            }
        }
    }

    private void answered(int item, AnsweredQuestion question, List<LabelledRow> rows) {
        Encoding whole;
        try {
            whole = tokenizer.encodePair(
                    question.question(),
                    question.passage(),
                    EncodeOptions.DEFAULT.withTruncation(new Truncation(
                            maxLength, maxLength / 4, Truncation.Strategy.ONLY_SECOND, Truncation.Side.END)));
        } catch (ArgotException e) {
            throw new ArgotException(
                    question.id() + ": the question leaves no place for its passage in rows of " + maxLength
                            + " tokens: " + e.getMessage(),
                    e);
        }
        rows.add(row(item, whole, span(whole, question)));
        whole.overflow().forEach(window -> rows.add(row(item, window, span(window, question))));
    }

    private LabelledRow.Span span(Encoding window, AnsweredQuestion question) {
        int none = Math.max(0, Arrays.stream(window.ids())
                .boxed()
                .toList()
                .indexOf(tokenizer.specialTokens().cls().orElse(window.ids()[0])));
        if (question.answers().isEmpty()) {
            return new LabelledRow.Span(none, none);
        }
        AnsweredQuestion.Answer answer = question.answers().getFirst();
        int first = -1;
        int last = -1;
        boolean startsBefore = false;
        boolean endsBehind = false;
        for (int t = 0; t < window.size(); t++) {
            if (window.sequenceId(t) == 1 && window.end(t) > window.start(t)) {
                startsBefore |= window.start(t) <= answer.start();
                endsBehind |= window.end(t) >= answer.end();
                if (window.end(t) > answer.start() && window.start(t) < answer.end()) {
                    first = first < 0 ? t : first;
                    last = t;
                }
            }
        }
        return first >= 0 && startsBefore && endsBehind
                ? new LabelledRow.Span(first, last)
                : new LabelledRow.Span(none, none);
    }
}
