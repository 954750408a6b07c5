package dev.argot.core.constraint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Automata against Java's own regular expressions, and masks against trying every token. */
class AutomatonTest {
    private static final String[] LETTERS = {"a", "b", "é", "日", "😀", "\\d", "[a-c]", "[^ab]", "\\w", ".", "x"};
    private static final String[] SYMBOLS = {"a", "b", "c", "é", "日", "😀", "7", "x", "\n", "_"};

    private static String expression(SplittableRandom random, int depth) {
        int kind = random.nextInt(depth > 3 ? 2 : 6);
        return switch (kind) {
            case 0, 1 -> LETTERS[random.nextInt(LETTERS.length)];
            case 2, 3 -> expression(random, depth + 1) + expression(random, depth + 1);
            case 4 -> "(?:" + expression(random, depth + 1) + "|" + expression(random, depth + 1) + ")";
            default ->
                "(?:" + expression(random, depth + 1) + ")"
                        + new String[] {"*", "+", "?", "{2}", "{1,3}", "{2,}"}[random.nextInt(6)];
        };
    }

    private static String text(SplittableRandom random) {
        var text = new StringBuilder();
        for (int i = random.nextInt(7); i > 0; i--) {
            text.append(SYMBOLS[random.nextInt(SYMBOLS.length)]);
        }
        return text.toString();
    }

    private static boolean matches(Automaton automaton, byte[] bytes) {
        int state = 0;
        for (byte b : bytes) {
            state = automaton.next(state, b & 0xff);
            if (state == Automaton.DEAD) {
                return false;
            }
        }
        return automaton.accepts(state);
    }

    @RepeatedTest(300)
    void accepts_randomExpressions_asJavaDoes(RepetitionInfo repetition) {
        long seed = repetition.getCurrentRepetition();
        var random = new SplittableRandom(seed);
        String regex = expression(random, 0);
        var expected = java.util.regex.Pattern.compile(regex);
        var automaton = new Automaton(RegexParser.parse(regex));
        for (int i = 0; i < 100; i++) {
            String text = text(random);
            assertThat(matches(automaton, text.getBytes(StandardCharsets.UTF_8)))
                    .as("seed %d: /%s/ on '%s'", seed, regex, text)
                    .isEqualTo(expected.matcher(text).matches());
        }
    }

    @RepeatedTest(100)
    void allowed_randomVocabularies_areTheTokensThatCanBeCompleted(RepetitionInfo repetition) {
        long seed = repetition.getCurrentRepetition();
        var random = new SplittableRandom(seed);
        String regex = expression(random, 1);
        var automaton = new Automaton(RegexParser.parse(regex));
        List<byte[]> tokens = new ArrayList<>();
        boolean every = random.nextBoolean();
        for (int i = 0; every && i < 256; i++) {
            tokens.add(new byte[] {(byte) i});
        }
        for (int i = 0; i < 30; i++) {
            byte[] whole = text(random).getBytes(StandardCharsets.UTF_8);
            int from = whole.length == 0 ? 0 : random.nextInt(whole.length); // may cut characters
            tokens.add(java.util.Arrays.copyOfRange(whole, from, whole.length));
        }
        TokenMasks masks;
        try {
            masks = new TokenMasks(automaton, new TokenMasks.Vocabulary(tokens.size(), tokens::get));
        } catch (IllegalArgumentException e) {
            assertThat(completable(automaton, tokens, 0, 6))
                    .as("seed %d /%s/", seed, regex)
                    .isFalse();
            return;
        }
        int state = 0;
        for (int step = 0; step < 8; step++) {
            var allowed = masks.allowed(state);
            assertThat(allowed.isEmpty() && !masks.mayEnd(state))
                    .as("seed %d /%s/: stuck in state %d", seed, regex, state)
                    .isFalse();
            for (int id = 0; id < tokens.size(); id++) {
                int to = masks.next(state, tokens.get(id));
                if (tokens.get(id).length == 0 || to == Automaton.DEAD) {
                    assertThat(allowed.get(id)).as("seed %d token %d", seed, id).isFalse();
                } else if (every || completable(automaton, tokens, to, 3)) {
                    assertThat(allowed.get(id))
                            .as("seed %d /%s/ token %d", seed, regex, id)
                            .isTrue();
                }
            }
            int[] ids = allowed.stream().toArray();
            if (ids.length == 0) {
                return;
            }
            state = masks.next(state, tokens.get(ids[random.nextInt(ids.length)]));
        }
    }

    /** Whether some tokens lead to an end: by trying. */
    private static boolean completable(Automaton automaton, List<byte[]> tokens, int state, int steps) {
        if (automaton.accepts(state)) {
            return true;
        }
        if (steps == 0) {
            return false;
        }
        for (byte[] token : tokens) {
            int to = state;
            for (byte b : token) {
                to = to == Automaton.DEAD ? to : automaton.next(to, b & 0xff);
            }
            if (token.length > 0
                    && to != Automaton.DEAD
                    && to != state
                    && completable(automaton, tokens, to, steps - 1)) {
                return true;
            }
        }
        return false;
    }

    @Test
    void next_everyCodePoint_hasItsBytes() {
        var automaton = new Automaton(Pattern.except(Pattern.symbols(List.of())));
        for (int codePoint = 0; codePoint <= Character.MAX_CODE_POINT; codePoint += 37) {
            if (codePoint < 0xd800 || codePoint > 0xdfff) {
                assertThat(matches(automaton, Character.toString(codePoint).getBytes(StandardCharsets.UTF_8)))
                        .as("U+%x", codePoint)
                        .isTrue();
            }
        }
        assertThat(matches(automaton, new byte[] {(byte) 0xed, (byte) 0xa0, (byte) 0x80}))
                .isFalse(); // surrogate
        assertThat(matches(automaton, new byte[] {(byte) 0xc0, (byte) 0x80})).isFalse(); // overlong
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "(a",
                "a)",
                "[a",
                "a{2,1}",
                "*a",
                "(?=a)",
                "\\1",
                "\\ba",
                "a**+",
                "(?i)a",
                "a{",
                "[z-a]",
                "\\p{Nope}",
                "\\p{javaLowerCase}",
                "a^b"
            })
    void parse_noRegularSet_namesTheProblem(String regex) {
        assertThatThrownBy(() -> RegexParser.parse(regex))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("regular expression, character");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "((a{1000}){1000}){1000}",
                "(((((a{0}){10000}){10000}){10000}){10000}){10000}",
                "(?:\\p{L}{0,1000}){0,1000}",
                "(?:[^a]{500}|[^b]{500}){1000}"
            })
    void automaton_ofTooMuch_isRefused(String regex) {
        Pattern pattern = RegexParser.parse(regex);
        assertThatThrownBy(() -> new Automaton(pattern))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("too large");
    }

    @Test
    void next_statesWithoutEnd_areRefused() {
        var automaton = new Automaton(RegexParser.parse("[ab]*a[ab]{40}"));
        var random = new SplittableRandom(1);
        assertThatThrownBy(() -> {
                    for (int state = 0; ; ) {
                        state = automaton.next(state, 'a' + random.nextInt(2));
                    }
                })
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("states");
    }
}
