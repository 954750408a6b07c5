package dev.argot.core.decoding;

import dev.argot.api.Completion;
import dev.argot.api.Completion.FinishReason;
import dev.argot.api.Decoding;
import dev.argot.api.Tokenizer;
import dev.argot.core.constraint.TokenMasks;
import dev.argot.spi.CompiledModel;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What one call of a generator works with.
 *
 * @param model the model
 * @param tokenizer its tokenizer
 * @param contextLength tokens a decoder has at most, its start included
 * @param endIds tokens that end a completion, ascending
 * @param decoding how tokens are chosen
 * @param masks of the decoding's constraint; null without one
 * @param interruption what can end it from outside
 * @param sessions keeps what prompts begin with
 * @param tenant on whose behalf; empty: nothing is kept or reused
 */
@SuppressWarnings("ArrayRecordComponent") // handed over, not a value
record GenerationTask(
        CompiledModel model,
        Tokenizer tokenizer,
        int contextLength,
        int[] endIds,
        Decoding decoding,
        @Nullable TokenMasks masks,
        Interruption interruption,
        SessionCache sessions,
        Optional<String> tenant) {

    /** Whether a token ends a completion. */
    boolean ends(int id) {
        for (int end : endIds) {
            if (end == id) {
                return true;
            }
        }
        return false;
    }

    /** The most tokens that can be generated after a prompt. */
    int room(Prompt prompt) {
        return Math.min(decoding.maxTokens(), contextLength - prompt.start().length);
    }

    /** What changes logits before a token of the completion is chosen. */
    TokenConstraints constraints(Prompt prompt) {
        boolean begins = masks != null && TextStream.begins(tokenizer, prompt.before());
        return new TokenConstraints(decoding, endIds, prompt.ids(), room(prompt), masks, begins);
    }

    /** Why a completion that used up its room had to end. */
    FinishReason full(Prompt prompt) {
        return room(prompt) == decoding.maxTokens() ? FinishReason.LENGTH : FinishReason.CONTEXT_FULL;
    }

    /** A session with room for the prompts and what is generated after them; a single prompt may be known in part. */
    SessionCache.Lease open(List<Prompt> prompts) {
        int capacity = prompts.stream()
                .mapToInt(prompt -> prompt.start().length + room(prompt))
                .max()
                .orElseThrow();
        if (prompts.get(0).isRead()) {
            return sessions.fresh(
                    model.openSession(prompts.stream().map(Prompt::source).toArray(int[][]::new), capacity));
        }
        if (prompts.size() > 1) {
            return sessions.openRows(model, prompts.stream().map(Prompt::start).toArray(int[][]::new), capacity);
        }
        int[] ids = prompts.get(0).start();
        return sessions.open(model, tenant, Arrays.copyOf(ids, ids.length - 1), capacity); // the last gives logits
    }

    /** The text of a completion of the prompt. */
    TextStream textStream(Prompt prompt) {
        return new TextStream(tokenizer.streamDecoder(true), decoding.stopStrings(), prompt.before());
    }

    /** The completion of a call that was over before it began. */
    Completion nothing(Prompt prompt, FinishReason reason) {
        return new Completion(
                "",
                List.of(),
                reason,
                new Completion.Usage(prompt.ids().length, prompt.dropped(), 0, 0, Duration.ZERO, Duration.ZERO),
                0,
                List.of());
    }

    /** Why the call has to end now, if it has to. */
    Optional<FinishReason> interrupted() {
        return interruption.reason();
    }
}
