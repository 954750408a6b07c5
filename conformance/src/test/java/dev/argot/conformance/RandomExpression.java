package dev.argot.conformance;

import java.util.SplittableRandom;

/** Regular expressions of everything that constraints support, as Java reads them, too. */
final class RandomExpression {
    private static final String[] ATOMS = {
        "a",
        "Z",
        "7",
        " ",
        "é",
        "ß",
        "日",
        "😀",
        "\\.",
        "\\\\",
        "\\n",
        "\\t",
        "\\x41",
        "\\u00e9",
        "\\x{1F600}",
        "\\$",
        "\\[",
        "\"",
        ".",
        "\\d",
        "\\w",
        "\\s",
        "\\D",
        "\\W",
        "\\S",
        "\\p{L}",
        "\\p{Lu}",
        "\\pN",
        "\\P{L}",
        "\\p{IsGreek}",
        "\\p{IsCyrillic}"
    };
    private static final String[] MEMBERS = {
        "a-f",
        "0-9",
        "A-Z",
        "а-я",
        "α-ω",
        "぀-ゟ",
        "😀-😎",
        "\\d",
        "\\s",
        "\\w",
        "\\p{Lu}",
        "é",
        "_",
        "\\]",
        "\\-",
        ".",
        "\\u0041-\\u0043"
    };
    private static final String[] COUNTS = {"?", "{2}", "{0,3}", "{1,2}", "{3,7}", "??", "{2,5}?"};
    private static final String[] LOOPS = {"*", "+", "{2,}", "*?", "+?"};

    private final SplittableRandom random;
    private int groups;

    private RandomExpression(SplittableRandom random) {
        this.random = random;
    }

    static String of(SplittableRandom random) {
        return new RandomExpression(random).alternatives(0, true);
    }

    private String alternatives(int depth, boolean mayLoop) {
        var expression = new StringBuilder(sequence(depth, mayLoop));
        for (int i = random.nextInt(depth == 0 ? 5 : 3); i > 1; i--) {
            expression.append('|').append(sequence(depth, mayLoop));
        }
        return expression.toString();
    }

    private String sequence(int depth, boolean mayLoop) {
        var expression = new StringBuilder();
        for (int i = random.nextInt(1, 4); i > 0; i--) {
            expression.append(counted(depth, mayLoop));
        }
        return expression.toString();
    }

    /** No loop inside a loop: Java's own engine would try all ways through both. */
    private String counted(int depth, boolean mayLoop) {
        int kind = random.nextInt(6);
        boolean loops = kind == 0 && mayLoop;
        String count = loops ? pick(LOOPS) : kind == 1 ? pick(COUNTS) : "";
        boolean group = depth < 3 && random.nextInt(4) == 0;
        if (!group) {
            return (random.nextInt(3) == 0 ? members() : pick(ATOMS)) + count;
        }
        String open =
                switch (random.nextInt(3)) {
                    case 0 -> "(";
                    case 1 -> "(?:";
                    default -> "(?<g" + groups++ + ">";
                };
        return open + alternatives(depth + 1, mayLoop && count.isEmpty()) + ")" + count;
    }

    private String members() {
        var expression = new StringBuilder(random.nextInt(3) == 0 ? "[^" : "[");
        for (int i = random.nextInt(1, 4); i > 0; i--) {
            expression.append(pick(MEMBERS));
        }
        return expression.append(']').toString();
    }

    private String pick(String[] of) {
        return of[random.nextInt(of.length)];
    }
}
