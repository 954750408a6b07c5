package dev.argot.api.evaluation;

import java.util.Collections;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;

/**
 * What was measured of one model.
 *
 * @param model the name of the model
 * @param engine the engine that ran it, with device and precision
 * @param texts the held-out texts, in the order of the spec; empty for models that do not continue texts
 * @param hiddenTokens the held-out texts of encoders and encoder-decoders, in the order of the spec; empty for models that continue texts
 * @param tasks each task with each number of shots, in the order of the spec
 * @param instructions how it follows plain instructions; empty where that was not asked for
 * @param seed the seed of the spec
 */
public record Evaluation(
        String model,
        String engine,
        List<TextResult> texts,
        List<HiddenTokens> hiddenTokens,
        List<TaskResult> tasks,
        Optional<InstructionResult> instructions,
        long seed) {
    /** Copies the lists. */
    public Evaluation {
        texts = List.copyOf(texts);
        hiddenTokens = List.copyOf(hiddenTokens);
        tasks = List.copyOf(tasks);
    }

    /**
     * How well all texts of one role are predicted together: the sums of their tokens, nats and bytes.
     *
     * @param role the role
     * @return empty where there is no text of that role
     */
    public Optional<Perplexity> total(HeldOutText.Role role) {
        return texts.stream()
                .filter(text -> text.role() == role)
                .map(TextResult::perplexity)
                .reduce((a, b) -> new Perplexity(a.tokens() + b.tokens(), a.nats() + b.nats(), a.bytes() + b.bytes()));
    }

    /**
     * Mean loss in nats per hidden token of all texts of one role.
     *
     * @param role the role
     * @return empty where there is no such text, or the model continues texts
     */
    public OptionalDouble hiddenTokenLoss(HeldOutText.Role role) {
        double nats = 0;
        long tokens = 0;
        for (HiddenTokens text : hiddenTokens) {
            if (text.role() == role) {
                nats += text.nats();
                tokens += text.tokens();
            }
        }
        return tokens == 0 ? OptionalDouble.empty() : OptionalDouble.of(nats / tokens);
    }

    /**
     * How well a held-out text is predicted.
     *
     * @param name the text's name
     * @param role what it stands for
     * @param documents documents scored; those of fewer than two tokens, and those behind the window's limit, are not
     * @param perplexity tokens, nats and bytes of them together
     */
    public record TextResult(String name, HeldOutText.Role role, int documents, Perplexity perplexity) {}

    /**
     * How well a task is done with one number of exemplars.
     *
     * @param task the task's name
     * @param title its name for a reader
     * @param shots exemplars in each prompt, apart from those that had to be left out
     * @param scores what the format of its answers is judged by, see {@link dev.argot.api.prompt.AnswerFormat#metrics()}
     * @param baseline the accuracy without a model: of always answering with the label that is right most often, or of guessing where
     *     every item brings its own distractors; empty where text is written
     * @param items the items with their answers
     */
    public record TaskResult(
            String task,
            String title,
            int shots,
            Map<Metric, Estimate> scores,
            OptionalDouble baseline,
            List<ItemResult> items) {
        /** Copies the collections; the scores come in the order of {@link Metric}. */
        public TaskResult {
            var ordered = new EnumMap<Metric, Estimate>(Metric.class);
            ordered.putAll(scores);
            scores = Collections.unmodifiableMap(ordered);
            items = List.copyOf(items);
        }

        /** Exemplars left out of prompts that did not fit the model's context, all items together. */
        public int droppedExemplars() {
            return items.stream().mapToInt(ItemResult::droppedExemplars).sum();
        }

        /** Items whose prompt did not fit the model's context even without exemplars; they count as wrong. */
        public int unanswered() {
            return Math.toIntExact(
                    items.stream().filter(item -> item.answer().isEmpty()).count());
        }
    }

    /**
     * An item and what the model answered.
     *
     * @param id the item's id
     * @param expected the right answer
     * @param answer the model's; empty where the prompt did not fit its context even without exemplars
     * @param droppedExemplars exemplars left out, first shown first, so that the prompt fits the model's context
     * @param parts what both consist of, where they are lists of labels or JSON; then both are in a form which is the same for answers that
     *     are the same, whatever the order of labels or keys
     */
    public record ItemResult(
            String id, String expected, Optional<String> answer, int droppedExemplars, Optional<Parts> parts) {
        /**
         * An item whose answer is one label or text.
         *
         * @param id the item's id
         * @param expected the right answer
         * @param answer the model's
         * @param droppedExemplars exemplars left out
         */
        public ItemResult(String id, String expected, Optional<String> answer, int droppedExemplars) {
            this(id, expected, answer, droppedExemplars, Optional.empty());
        }
    }

    /**
     * What answers consist of: labels; or values of JSON, each behind the keys that lead to it, positions in lists aside, such as
     * {@code /entities/name "asthma"}.
     *
     * @param expected those of the right answer
     * @param answered the model's
     */
    public record Parts(List<String> expected, List<String> answered) {
        /** Copies the lists. */
        public Parts {
            expected = List.copyOf(expected);
            answered = List.copyOf(answered);
        }
    }

    /**
     * How a model follows plain instructions.
     *
     * @param layout how the instructions were put to it: {@code "chat template"} where its tokenizer has one, else {@code "plain"}
     * @param followed the share that was followed
     * @param items the instructions with what the model made of them
     */
    public record InstructionResult(String layout, Estimate followed, List<InstructionItem> items) {
        /** Copies the list. */
        public InstructionResult {
            items = List.copyOf(items);
        }
    }

    /**
     * An instruction and what the model made of it.
     *
     * @param id the instruction's id
     * @param instruction what was asked
     * @param rule what was checked, for a reader
     * @param completion what the model wrote
     * @param followed whether the completion keeps the rule
     */
    public record InstructionItem(String id, String instruction, String rule, String completion, boolean followed) {}
}
