package dev.argot.core.constraint;

import java.util.ArrayList;
import java.util.List;

/** A regular set of texts. */
sealed interface Pattern {
    /** The empty text alone. */
    Pattern EMPTY = new Sequence(List.of());

    /**
     * One code point out of ranges.
     *
     * @param ranges first and last code point of each range, in ascending order, not touching
     */
    record Symbols(List<Range> ranges) implements Pattern {
        /** Copies the list. */
        public Symbols {
            ranges = List.copyOf(ranges);
        }
    }

    /**
     * Code points.
     *
     * @param first the first
     * @param last the last, itself included
     */
    record Range(int first, int last) {}

    /**
     * One after the other.
     *
     * @param parts in order
     */
    record Sequence(List<Pattern> parts) implements Pattern {
        /** Copies the list. */
        public Sequence {
            parts = List.copyOf(parts);
        }
    }

    /**
     * Any one of several; of none, no text at all.
     *
     * @param options which
     */
    record Choice(List<Pattern> options) implements Pattern {
        /** Copies the list. */
        public Choice {
            options = List.copyOf(options);
        }
    }

    /**
     * Several times.
     *
     * @param of what
     * @param least how often at least
     * @param most how often at most, or -1 for any number
     */
    record Repeat(Pattern of, int least, int most) implements Pattern {}

    /**
     * Some of several, in their order, with something between any two; those that are needed always.
     *
     * @param members in order
     * @param separator between two
     */
    record Members(List<Member> members, Pattern separator) implements Pattern {
        /** Copies the list. */
        public Members {
            members = List.copyOf(members);
        }
    }

    /**
     * One of several.
     *
     * @param of what
     * @param needed whether it cannot be left out
     */
    record Member(Pattern of, boolean needed) {}

    /**
     * Just this text.
     *
     * @param text the text
     */
    static Pattern text(String text) {
        return new Sequence(text.codePoints()
                .mapToObj(c -> (Pattern) new Symbols(List.of(new Range(c, c))))
                .toList());
    }

    /** One after the other. */
    static Pattern sequence(Pattern... parts) {
        return new Sequence(List.of(parts));
    }

    /** Any one of several. */
    static Pattern choice(List<Pattern> options) {
        return options.size() == 1 ? options.get(0) : new Choice(options);
    }

    /** Once or not at all. */
    static Pattern optional(Pattern of) {
        return new Repeat(of, 0, 1);
    }

    /** Any number of times. */
    static Pattern any(Pattern of) {
        return new Repeat(of, 0, -1);
    }

    /**
     * One code point out of ranges, in whatever order they come.
     *
     * @param ranges may overlap
     */
    static Symbols symbols(List<Range> ranges) {
        var sorted = new ArrayList<>(ranges);
        sorted.sort((a, b) -> Integer.compare(a.first(), b.first()));
        var merged = new ArrayList<Range>();
        for (Range range : sorted) {
            Range last = merged.isEmpty() ? null : merged.getLast();
            if (last != null && range.first() <= last.last() + 1) {
                merged.set(merged.size() - 1, new Range(last.first(), Math.max(last.last(), range.last())));
            } else {
                merged.add(range);
            }
        }
        return new Symbols(merged);
    }

    /**
     * All code points but these; lone surrogates are none.
     *
     * @param symbols what is left out
     */
    static Symbols except(Symbols symbols) {
        var rest = new ArrayList<Range>();
        int next = 0;
        for (Range range : symbols.ranges()) {
            if (range.first() > next) {
                rest.add(new Range(next, range.first() - 1));
            }
            next = range.last() + 1;
        }
        if (next <= Character.MAX_CODE_POINT) {
            rest.add(new Range(next, Character.MAX_CODE_POINT));
        }
        return new Symbols(rest);
    }
}
