package dev.argot.core.objective;

import dev.argot.api.ArgotException;
import dev.argot.api.EncodeOptions;
import dev.argot.api.MaskedModel;
import dev.argot.api.Model;
import dev.argot.api.Tokenizer;
import dev.argot.api.adaptation.ObjectiveSettings;
import dev.argot.spi.Objective;
import dev.argot.spi.ObjectiveContext;
import dev.argot.spi.ObjectiveProvider;
import dev.argot.spi.Settings;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;
import java.util.random.RandomGenerator;

/**
 * Masked language modelling (Devlin et al. 2019): some tokens are hidden, and the model guesses them. Of the chosen tokens 80 % become the
 * mask, 10 % a token drawn from the whole vocabulary, 10 % stay; special tokens are never chosen. Each time a text comes by, other tokens
 * are chosen (Liu et al. 2019). Of each stretch at least one token is. The text stands between the special tokens that the model expects.
 *
 * <ul>
 *   <li>{@code probability}: the share of tokens that is chosen; default 0.15
 *   <li>{@code mask-share}, {@code random-share}: what becomes of chosen tokens; default 0.8 and 0.1; the rest stays
 *   <li>{@code whole-words}: whether all tokens of a word are chosen together; default false
 *   <li>{@code mean-span}: the mean length, in tokens (in words with {@code whole-words}), of runs that are chosen together. Lengths are
 *       geometric, at most {@code max-span}, and a run shares one fate, as in SpanBERT (Joshi et al. 2020), which has about 3.8; default
 *       1: no runs
 *   <li>{@code max-span}: the longest run; default 10
 *   <li>{@code term-factor}: terms of the domain's vocabulary are chosen whole and so many times as often as other words; default 2.
 *       1: as often, still whole; 0: terms are nothing special. Without a domain it has no effect
 * </ul>
 */
public final class MaskedLanguage implements ObjectiveProvider {
    /** For the service loader. */
    public MaskedLanguage() {}

    @Override
    public String name() {
        return ObjectiveSettings.MASKED;
    }

    @Override
    public Objective open(Settings settings, ObjectiveContext context) {
        Choice choice = new Choice(
                settings.number("probability", 0.15, 0.001, 0.9),
                settings.share("mask-share", 0.8),
                settings.share("random-share", 0.1),
                settings.flag("whole-words", false),
                settings.number("mean-span", 1, 1, 100),
                settings.integer("max-span", 10, 1),
                settings.number("term-factor", 2, 0, 100));
        if (choice.maskShare() + choice.randomShare() > 1) {
            throw new IllegalArgumentException("mask-share and random-share must add up to at most 1, found "
                    + choice.maskShare() + " and " + choice.randomShare());
        }
        return masking(choice, context);
    }

    /**
     * The objective models are measured by: 15 % of the tokens, each by itself, whatever the domain.
     *
     * @param context the model's tokenizer
     */
    public static Objective plain(ObjectiveContext context) {
        return masking(new Choice(0.15, 0.8, 0.1, false, 1, 10, 0), context);
    }

    /**
     * An example whose tokens are hidden already, with the special tokens the model expects around it.
     *
     * @param tokenizer the model's tokenizer
     * @param inputs the text with masks in it
     * @param labels what stands there, {@link Objective.Example#IGNORED} elsewhere; as many
     */
    public static Objective.Example framed(Tokenizer tokenizer, int[] inputs, int[] labels) {
        Frame frame = Frame.of(tokenizer);
        int[] all = new int[labels.length + frame.length()];
        Arrays.fill(all, Objective.Example.IGNORED);
        System.arraycopy(labels, 0, all, frame.before().length, labels.length);
        return new Objective.Example(frame.around(inputs), all);
    }

    private static Masking masking(Choice choice, ObjectiveContext context) {
        Tokenizer tokenizer = context.tokenizer();
        OptionalInt mask = tokenizer.specialTokens().mask();
        if (mask.isEmpty()) {
            throw new ArgotException("Masked language modelling needs a mask token such as [MASK]; the tokenizer has none.");
        }
        var words = new WordStarts(tokenizer);
        var terms = new TermFinder(
                tokenizer, words, choice.termFactor() > 0 ? context.terms() : List.of());
        Frame frame = Frame.of(tokenizer);
        int vocabulary = Math.min(context.vocabularySize(), tokenizer.vocabularySize());
        return new Masking(choice, frame, mask.getAsInt(), vocabulary, words, terms);
    }

    /** What is chosen, and what becomes of it; see {@link MaskedLanguage}. */
    record Choice(
            double probability,
            double maskShare,
            double randomShare,
            boolean wholeWords,
            double meanSpan,
            int maxSpan,
            double termFactor) {}

    /**
     * Special tokens around a text.
     *
     * @param before those at its start
     * @param after those at its end
     */
    record Frame(int[] before, int[] after) {
        /** What the tokenizer lays around a text of its own accord. */
        static Frame of(Tokenizer tokenizer) {
            String text = "a";
            int[] plain = tokenizer.encode(text, EncodeOptions.PLAIN).ids();
            int[] whole = tokenizer.encode(text, EncodeOptions.DEFAULT).ids();
            for (int at = 0; at + plain.length <= whole.length; at++) {
                if (Arrays.equals(plain, Arrays.copyOfRange(whole, at, at + plain.length))) {
                    return new Frame(
                            Arrays.copyOf(whole, at), Arrays.copyOfRange(whole, at + plain.length, whole.length));
                }
            }
            return new Frame(new int[0], new int[0]);
        }

        int length() {
            return before.length + after.length;
        }

        int[] around(int[] tokens) {
            var result = new int[tokens.length + length()];
            System.arraycopy(before, 0, result, 0, before.length);
            System.arraycopy(tokens, 0, result, before.length, tokens.length);
            System.arraycopy(after, 0, result, before.length + tokens.length, after.length);
            return result;
        }
    }

    /**
     * The objective.
     *
     * @param choice what is chosen
     * @param frame special tokens around a text
     * @param mask the mask token
     * @param vocabulary ids that are drawn are below it
     * @param words which tokens begin a word
     * @param terms finds terms of the domain
     */
    record Masking(Choice choice, Frame frame, int mask, int vocabulary, WordStarts words, TermFinder terms)
            implements Objective {
        @Override
        public Class<? extends Model> kind() {
            return MaskedModel.class;
        }

        @Override
        public int fitting(int tokens, int prompt, int inputs, int targets) {
            return Math.max(0, Math.min(tokens, inputs - frame.length()));
        }

        @Override
        public Example example(int[] tokens, int prompt, RandomGenerator random) {
            int[] whole = frame.around(tokens);
            boolean[] hideable = new boolean[whole.length];
            int first = frame.before().length;
            for (int i = prompt; i < tokens.length; i++) {
                hideable[first + i] = !words.isSpecial(tokens[i]);
            }
            return hidden(whole, chosen(whole, hideable, random), random);
        }

        /** Units that are chosen together: their first tokens; the last entry is the end. A term is marked by a negative number. */
        private int[] units(int[] tokens) {
            var units = new int[tokens.length + 1];
            int size = 0;
            for (int i = 0; i < tokens.length; ) {
                int term = terms.isEmpty() ? 0 : terms.lengthAt(tokens, i);
                units[size++] = term > 0 ? ~i : i;
                i += Math.max(1, term);
                while (term == 0
                        && choice.wholeWords()
                        && i < tokens.length
                        && !words.isSpecial(tokens[i])
                        && !words.isSpecial(tokens[i - 1])
                        && !words.startsWord(tokens, i)) {
                    i++;
                }
            }
            units[size++] = tokens.length;
            return Arrays.copyOf(units, size);
        }

        /** For each token the number of the run it was chosen with, from 1; 0: not chosen. */
        int[] chosen(int[] tokens, boolean[] hideable, RandomGenerator random) {
            int[] units = units(tokens);
            var runs = new int[tokens.length];
            int run = 0;
            int hideableUnits = 0;
            // with runs of this mean length begun at this rate, the share of units inside runs is the probability
            double mean = meanRun();
            double begin = choice.probability() / (choice.probability() + mean * (1 - choice.probability()));
            for (int unit = 0; unit < units.length - 1; unit++) {
                if (!isHideable(units, unit, hideable)) {
                    continue;
                }
                hideableUnits++;
                boolean term = units[unit] < 0;
                double rate = term ? Math.min(1, choice.probability() * choice.termFactor()) : begin;
                if (random.nextDouble() >= rate) {
                    continue;
                }
                run++;
                int length = term ? 1 : length(random);
                hide(runs, units, unit, run);
                for (int more = 1;
                        more < length && unit + 1 < units.length - 1 && isHideable(units, unit + 1, hideable);
                        more++) {
                    unit++;
                    hideableUnits++;
                    hide(runs, units, unit, run);
                }
            }
            if (run == 0 && hideableUnits > 0) {
                hide(runs, units, nth(units, hideable, random.nextInt(hideableUnits)), 1);
            }
            return runs;
        }

        private static int at(int[] units, int unit) {
            return units[unit] < 0 ? ~units[unit] : units[unit];
        }

        private static boolean isHideable(int[] units, int unit, boolean[] hideable) {
            return hideable[at(units, unit)];
        }

        private static void hide(int[] runs, int[] units, int unit, int run) {
            Arrays.fill(runs, at(units, unit), at(units, unit + 1), run);
        }

        private static int nth(int[] units, boolean[] hideable, int n) {
            int left = n;
            for (int unit = 0; ; unit++) {
                if (isHideable(units, unit, hideable) && left-- == 0) {
                    return unit;
                }
            }
        }

        /** Mean of the geometric lengths, the longest cut off. */
        private double meanRun() {
            double go = 1 - 1 / choice.meanSpan();
            return choice.meanSpan() == 1 ? 1 : (1 - Math.pow(go, choice.maxSpan())) / (1 - go);
        }

        private int length(RandomGenerator random) {
            int length = 1;
            while (choice.meanSpan() > 1
                    && length < choice.maxSpan()
                    && random.nextDouble() < 1 - 1 / choice.meanSpan()) {
                length++;
            }
            return length;
        }

        /** Hides what was chosen; runs share one fate where there are runs, tokens have each its own otherwise. */
        Example hidden(int[] tokens, int[] runs, RandomGenerator random) {
            int[] inputs = tokens.clone();
            var labels = new int[tokens.length];
            Arrays.fill(labels, Example.IGNORED);
            double fate = 0;
            for (int i = 0; i < tokens.length; i++) {
                if (runs[i] == 0) {
                    continue;
                }
                boolean goesOn = choice.meanSpan() > 1 && i > 0 && runs[i] == runs[i - 1];
                fate = goesOn ? fate : random.nextDouble();
                labels[i] = tokens[i];
                inputs[i] = replaced(tokens[i], fate, random);
            }
            return new Example(inputs, labels);
        }

        private int replaced(int token, double fate, RandomGenerator random) {
            if (fate < choice.maskShare()) {
                return mask;
            }
            return fate < choice.maskShare() + choice.randomShare() ? random.nextInt(vocabulary) : token;
        }
    }
}
