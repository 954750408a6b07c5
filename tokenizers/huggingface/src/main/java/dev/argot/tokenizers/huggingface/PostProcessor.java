package dev.argot.tokenizers.huggingface;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** Adds tokens around one text or a pair, and corrects offsets. Immutable and thread-safe. */
sealed interface PostProcessor {
    /** How many tokens are added around one text or a pair. */
    int added(boolean pair);

    /** What leaves spaces out of offsets, if anything does. */
    default Optional<Trim> spaces() {
        return Optional.empty();
    }

    /** The parts of the encoding, given one text or two. */
    List<Columns> process(List<Columns> texts, boolean addSpecialTokens);

    /** Several, one after the other. */
    record Sequence(List<PostProcessor> processors) implements PostProcessor {
        @Override
        public Optional<Trim> spaces() {
            return processors.stream()
                    .flatMap(processor -> processor.spaces().stream())
                    .findFirst();
        }

        @Override
        public int added(boolean pair) {
            return processors.stream().mapToInt(p -> p.added(pair)).sum();
        }

        @Override
        public List<Columns> process(List<Columns> texts, boolean addSpecialTokens) {
            List<Columns> result = texts;
            for (PostProcessor processor : processors) {
                result = processor.process(result, addSpecialTokens);
            }
            return result;
        }
    }

    /** Lays texts and tokens out by a template. */
    record Template(List<Piece> single, List<Piece> pair) implements PostProcessor {
        /** A piece of a template. */
        sealed interface Piece {}

        /**
         * The place of a text.
         *
         * @param index 0 for the first text, 1 for the second
         * @param typeId its segment
         */
        record Text(int index, int typeId) implements Piece {}

        /**
         * Tokens to add.
         *
         * @param ids their ids
         * @param typeId their segment
         */
        record Tokens(List<Integer> ids, int typeId) implements Piece {}

        @Override
        public int added(boolean ofPair) {
            int count = 0;
            for (Piece piece : ofPair ? pair : single) {
                if (piece instanceof Tokens tokens) {
                    count += tokens.ids.size();
                }
            }
            return count;
        }

        @Override
        public List<Columns> process(List<Columns> texts, boolean addSpecialTokens) {
            List<Columns> parts = new ArrayList<>();
            for (Piece piece : texts.size() == 2 ? pair : single) {
                switch (piece) {
                    case Text text -> parts.add(texts.get(text.index).withTypeId(text.typeId));
                    case Tokens tokens -> {
                        if (addSpecialTokens) {
                            parts.add(Columns.added(
                                    tokens.ids.stream()
                                            .mapToInt(Integer::intValue)
                                            .toArray(),
                                    tokens.typeId));
                        }
                    }
                }
            }
            return parts;
        }
    }

    /**
     * BERT's layout, {@code [CLS] A [SEP] B [SEP]}.
     *
     * @param cls id of the first token
     * @param sep id of the token after a text
     */
    record Bert(int cls, int sep) implements PostProcessor {
        @Override
        public int added(boolean pair) {
            return pair ? 3 : 2;
        }

        @Override
        public List<Columns> process(List<Columns> texts, boolean addSpecialTokens) {
            return addSpecialTokens ? around(texts, cls, sep, 1, 1) : texts;
        }
    }

    /**
     * RoBERTa's layout, {@code <s> A </s></s> B </s>}, all in one segment.
     *
     * @param cls id of the first token
     * @param sep id of the token around texts
     * @param trim how offsets leave out spaces
     */
    record Roberta(int cls, int sep, Trim trim) implements PostProcessor {
        @Override
        public Optional<Trim> spaces() {
            return trim.spaces();
        }

        @Override
        public int added(boolean pair) {
            return pair ? 4 : 2;
        }

        @Override
        public List<Columns> process(List<Columns> texts, boolean addSpecialTokens) {
            List<Columns> flat = new ArrayList<>();
            for (Columns text : trim.process(texts, addSpecialTokens)) {
                flat.add(text.withTypeId(0));
            }
            return addSpecialTokens ? around(flat, cls, sep, 2, 0) : flat;
        }
    }

    /**
     * Leaves spaces at the ends of tokens out of their offsets.
     *
     * @param active whether it does; else nothing happens
     * @param addPrefixSpace whether a space was put before the text, which takes no room in it
     * @param vocabulary how tokens are spelt
     */
    record Trim(boolean active, boolean addPrefixSpace, Vocabulary vocabulary) implements PostProcessor {
        @Override
        public Optional<Trim> spaces() {
            return active ? Optional.of(this) : Optional.empty();
        }

        /** Adds an added token without the white space beside it that it took in. */
        void add(int id, String text, int start, int end, TokenBuffer out) {
            String content = vocabulary.token(id);
            String taken = text.substring(start, end);
            int leading = taken.length() - taken.stripLeading().length();
            int trailing = leading == taken.length()
                    ? 0
                    : taken.length() - taken.stripTrailing().length();
            boolean kept = leading == 1 && addPrefixSpace && (out.size() == 0 || start == 0);
            int from = kept || content == null
                    ? 0
                    : leading - (content.length() - content.stripLeading().length());
            int to = content == null
                    ? 0
                    : trailing - (content.length() - content.stripTrailing().length());
            out.add(id, start + Math.max(0, from), end - Math.max(0, to));
        }

        @Override
        public int added(boolean pair) {
            return 0;
        }

        @Override
        public List<Columns> process(List<Columns> texts, boolean addSpecialTokens) {
            if (!active) {
                return texts;
            }
            List<Columns> trimmed = new ArrayList<>();
            for (Columns text : texts) {
                trimmed.add(trim(text));
            }
            return trimmed;
        }

        private Columns trim(Columns text) {
            int[] starts = text.starts().clone();
            int[] ends = text.ends().clone();
            for (int i = 0; i < starts.length; i++) {
                String token = vocabulary.token(text.ids()[i]);
                if (token == null) {
                    continue;
                }
                int leading = 0;
                while (leading < token.length() && isSpace(token.charAt(leading))) {
                    leading++;
                }
                int trailing = 0;
                while (trailing < token.length() && isSpace(token.charAt(token.length() - 1 - trailing))) {
                    trailing++;
                }
                if (leading == 1 && addPrefixSpace && (i == 0 || starts[i] == 0)) {
                    leading = 0;
                }
                starts[i] = Math.min(starts[i] + leading, ends[i]);
                if (ends[i] >= trailing) {
                    ends[i] = Math.max(ends[i] - trailing, starts[i]);
                }
            }
            List<Columns> parts = new ArrayList<>();
            for (Columns part : text.overflow()) {
                parts.add(trim(part));
            }
            return new Columns(
                    text.ids(), text.typeIds(), starts, ends, text.special(), text.words(), text.sequences(), parts);
        }

        private static boolean isSpace(char c) {
            return c == '\u0120' || Characters.isSpace(c);
        }
    }

    private static List<Columns> around(List<Columns> texts, int cls, int sep, int between, int secondType) {
        List<Columns> parts = new ArrayList<>();
        parts.add(Columns.added(new int[] {cls}, 0));
        parts.add(texts.get(0));
        parts.add(Columns.added(new int[] {sep}, 0));
        if (texts.size() == 2) {
            if (between == 2) {
                parts.add(Columns.added(new int[] {sep}, secondType));
            }
            parts.add(texts.get(1));
            parts.add(Columns.added(new int[] {sep}, secondType));
        }
        return Arrays.asList(parts.toArray(new Columns[0]));
    }
}
