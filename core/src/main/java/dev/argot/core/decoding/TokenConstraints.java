package dev.argot.core.decoding;

import dev.argot.api.ArgotException;
import dev.argot.api.Decoding;
import dev.argot.api.Decoding.TokenRules;
import dev.argot.core.constraint.TokenMasks;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Collection;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What changes logits before a token is chosen, whether greedily, by chance or in a beam: penalties, bans and forced tokens, in the order
 * of Hugging Face Transformers 5 ({@code GenerationMixin._get_logits_processor}). One for each prompt; immutable.
 */
final class TokenConstraints {
    private final Decoding decoding;
    private final TokenRules rules;
    private final int[] endIds;
    private final int[] prompt;
    private final TokenHistory source;
    private final int room;
    private final List<LogitsProcessors.Sequence> biases = new ArrayList<>();
    private final List<LogitsProcessors.Sequence> bans = new ArrayList<>();
    private final int[] suppressed;
    private final int[] suppressedFirst;
    private final int[] forcedLast;
    private final int largest; // of the ids that rules name
    private final boolean always;
    private final @Nullable TokenMasks masks;
    private final boolean begins;

    /**
     * Constraints on the completion of a prompt.
     *
     * @param decoding the settings
     * @param endIds tokens that end the completion
     * @param prompt its tokens, those of the source where an encoder reads it
     * @param room the most tokens of the completion
     * @param masks of the decoding's constraint; null without one
     * @param begins whether the completion begins a text: nothing but control tokens stands before it
     */
    TokenConstraints(
            Decoding decoding, int[] endIds, int[] prompt, int room, @Nullable TokenMasks masks, boolean begins) {
        this.masks = masks;
        this.begins = begins;
        if (masks != null
                && begins
                && masks.allowed(TokenMasks.BEGINNING).isEmpty()
                && !masks.mayEnd(TokenMasks.BEGINNING)) {
            throw new IllegalArgumentException(
                    "no text that fits can be spelt with the tokens of this model where nothing stands before it: "
                            + "its tokenizer drops a blank there. Leave the blank out of the constraint");
        }
        this.decoding = decoding;
        this.rules = decoding.tokenRules();
        this.endIds = endIds;
        this.prompt = prompt;
        this.source = new TokenHistory(prompt);
        this.room = room;
        rules.sequenceBias().forEach((ids, bias) -> biases.add(new LogitsProcessors.Sequence(array(ids), bias)));
        for (List<Integer> ids : rules.badWords()) {
            if (ids.size() > 1 || !contains(endIds, ids.get(0))) {
                bans.add(new LogitsProcessors.Sequence(array(ids), Double.NEGATIVE_INFINITY));
            }
        }
        this.suppressed = array(rules.suppressedIds());
        this.suppressedFirst = array(rules.beginSuppressedIds());
        this.forcedLast = array(rules.forcedEosIds());
        this.largest = Stream.of(
                        biases.stream().mapToInt(LogitsProcessors.Sequence::last),
                        bans.stream().mapToInt(LogitsProcessors.Sequence::last),
                        IntStream.of(suppressed),
                        IntStream.of(suppressedFirst),
                        IntStream.of(forcedLast),
                        rules.forcedBosId().stream())
                .flatMapToInt(ids -> ids)
                .max()
                .orElse(0);
        this.always = masks != null
                || decoding.repetitionPenalty() != 1
                || decoding.encoderRepetitionPenalty() != 1
                || decoding.frequencyPenalty() != 0
                || decoding.presencePenalty() != 0
                || decoding.noRepeatNgramSize() > 0
                || decoding.encoderNoRepeatNgramSize() > 0
                || !biases.isEmpty()
                || !bans.isEmpty()
                || suppressed.length > 0
                || rules.decayFactor() != 1;
    }

    private static int[] array(Collection<Integer> ids) {
        return ids.stream().mapToInt(Integer::intValue).toArray();
    }

    private static boolean contains(int[] ids, int id) {
        return IntStream.of(ids).anyMatch(i -> i == id);
    }

    /** Whether the next token is chosen from the logits as they are. */
    boolean areIdle(TokenHistory history) {
        int generated = history.generated();
        return !always
                && generated >= decoding.minTokens()
                && !(generated < 2
                        && (suppressedFirst.length > 0 || rules.forcedBosId().isPresent()))
                && !(generated == room - 1 && forcedLast.length > 0);
    }

    /**
     * Changes the logits of the next token.
     *
     * @param logits changed in place
     * @param history the tokens before it
     */
    void apply(float[] logits, TokenHistory history) {
        if (areIdle(history)) {
            return;
        }
        if (largest >= logits.length) {
            throw new IllegalArgumentException(
                    "the decoding names the token " + largest + ", which is not in 0 to " + (logits.length - 1));
        }
        penalise(logits, history);
        ban(logits, history);
        force(logits, history);
        int generated = history.generated();
        if (rules.decayFactor() != 1 && generated > rules.decayStart()) {
            LogitsProcessors.decayLength(logits, endIds, rules.decayFactor(), generated - rules.decayStart());
        }
        LogitsProcessors.suppress(logits, suppressed);
        boolean forcedFirst = rules.forcedBosId().isPresent() && history.length() - generated == 1;
        if (generated == (forcedFirst ? 1 : 0)) {
            LogitsProcessors.suppress(logits, suppressedFirst);
        }
        if (masks != null && !forcesFirst(history)) {
            keepFitting(logits, masks, history);
        }
    }

    /** Rules out what could not lead to a text of the constraint. A token that ends the completion may come only where a text may end. */
    private void keepFitting(float[] logits, TokenMasks masks, TokenHistory history) {
        int state = state(masks, history);
        BitSet allowed = masks.allowed(state);
        float[] ends = new float[endIds.length];
        for (int i = 0; i < endIds.length; i++) {
            ends[i] = masks.mayEnd(state) && endIds[i] < logits.length ? logits[endIds[i]] : Float.NEGATIVE_INFINITY;
        }
        for (int id = allowed.nextClearBit(0); id < logits.length; id = allowed.nextClearBit(id + 1)) {
            logits[id] = Float.NEGATIVE_INFINITY;
        }
        for (int i = 0; i < endIds.length; i++) {
            if (endIds[i] < logits.length) {
                logits[endIds[i]] = ends[i];
            }
        }
    }

    /** Whether the completion is a text of the constraint that nothing can follow. */
    boolean complete(TokenHistory history) {
        if (masks == null) {
            return false;
        }
        int state = state(masks, history);
        return masks.mayEnd(state) && masks.allowed(state).isEmpty();
    }

    /** Where the completion so far leads. The history remembers it, so that each token is followed once. */
    private int state(TokenMasks masks, TokenHistory history) {
        return history.follow(
                begins ? TokenMasks.BEGINNING : TokenMasks.START,
                (state, id) -> masks.isSilent(id) || contains(endIds, id) ? state : masks.next(state, id));
    }

    /** Whether a token is left. */
    static boolean leave(float[] logits) {
        for (float logit : logits) {
            if (logit != Float.NEGATIVE_INFINITY) {
                return true;
            }
        }
        return false;
    }

    /**
     * What to say where no token is left.
     *
     * @param generated tokens before
     */
    static ArgotException nothingLeft(int generated) {
        return new ArgotException(
                "The decoding rules out every token after the " + generated + " generated. Allow more.");
    }

    private void penalise(float[] logits, TokenHistory history) {
        LogitsProcessors.addBias(logits, biases, history.ids(), history.length());
        if (decoding.encoderRepetitionPenalty() != 1) {
            LogitsProcessors.repetitionPenalty(
                    logits, 1 / decoding.encoderRepetitionPenalty(), source.distinct(), source.count());
        }
        if (decoding.repetitionPenalty() != 1) {
            LogitsProcessors.repetitionPenalty(
                    logits, decoding.repetitionPenalty(), history.distinct(), history.count());
        }
        if (decoding.frequencyPenalty() != 0 || decoding.presencePenalty() != 0) {
            LogitsProcessors.frequencyAndPresencePenalty(
                    logits,
                    decoding.frequencyPenalty(),
                    decoding.presencePenalty(),
                    history.ids(),
                    history.length() - history.generated(),
                    history.length());
        }
    }

    private void ban(float[] logits, TokenHistory history) {
        if (decoding.noRepeatNgramSize() > 0) {
            LogitsProcessors.banNgrams(
                    logits,
                    decoding.noRepeatNgramSize(),
                    history.ids(),
                    history.length(),
                    history.ids(),
                    history.length());
        }
        if (decoding.encoderNoRepeatNgramSize() > 0) {
            LogitsProcessors.banNgrams(
                    logits,
                    decoding.encoderNoRepeatNgramSize(),
                    prompt,
                    prompt.length,
                    history.ids(),
                    history.length());
        }
        LogitsProcessors.addBias(logits, bans, history.ids(), history.length());
        if (history.generated() < decoding.minTokens()) {
            LogitsProcessors.suppress(logits, endIds);
        }
    }

    private void force(float[] logits, TokenHistory history) {
        if (forcesFirst(history)) {
            LogitsProcessors.force(logits, rules.forcedBosId().orElseThrow());
        }
        if (forcedLast.length > 0 && history.generated() == room - 1) {
            if (masks == null || masks.mayEnd(state(masks, history))) { // a text that is not whole is cut off
                LogitsProcessors.force(logits, forcedLast);
            }
        }
    }

    /** Whether the next token is the one that languages begin with; it stands for no text. */
    private boolean forcesFirst(TokenHistory history) {
        return rules.forcedBosId().isPresent() && history.length() == 1;
    }
}
