package dev.argot.core.finetuning;

import dev.argot.api.EncodeOptions;
import dev.argot.api.EncodeOptions.Truncation;
import dev.argot.api.Encoding;
import dev.argot.api.Tokenizer;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;

/**
 * Words, parted by blanks, in pieces of two chars; an id is the piece's chars. A text has 1 before and 2 behind it, a second text 2 behind
 * it, too. What does not fit overflows.
 */
final class PieceByPieceTokenizer implements Tokenizer {
    private record Piece(int id, int start, int end, int word) {}

    private static List<Piece> pieces(String text) {
        var pieces = new ArrayList<Piece>();
        int word = 0;
        for (int at = 0; at < text.length(); ) {
            if (text.charAt(at) == ' ') {
                at++;
                word++;
                continue;
            }
            int end = at + 1 < text.length() && text.charAt(at + 1) != ' ' ? at + 2 : at + 1;
            int id = 10 + text.charAt(at) * 1000 + (end > at + 1 ? text.charAt(at + 1) : 0);
            pieces.add(new Piece(id, at, end, word));
            at = end;
        }
        return pieces;
    }

    @Override
    public Encoding encode(String text, EncodeOptions options) {
        List<Piece> pieces = pieces(text);
        int added = options.addSpecialTokens() ? 2 : 0;
        int room = options.truncation().map(t -> t.maxTokens() - added).orElse(pieces.size());
        return row(List.of(), pieces.subList(0, Math.min(pieces.size(), room)), added > 0, List.of());
    }

    @Override
    public Encoding encodePair(String first, String second, EncodeOptions options) {
        Truncation truncation = options.truncation().orElseThrow();
        List<Piece> question = pieces(first);
        List<Piece> passage = pieces(second);
        int room = truncation.maxTokens() - question.size() - 3;
        var windows = new ArrayList<Encoding>();
        int from = 0;
        do {
            windows.add(row(question, passage.subList(from, Math.min(passage.size(), from + room)), true, List.of()));
            from += room - truncation.stride();
        } while (from + truncation.stride() < passage.size());
        return row(
                question, passage.subList(0, Math.min(passage.size(), room)), true, windows.subList(1, windows.size()));
    }

    private static Encoding row(List<Piece> first, List<Piece> second, boolean special, List<Encoding> overflow) {
        var ids = new ArrayList<Integer>();
        var all = new ArrayList<Piece>();
        var sequences = new ArrayList<Integer>();
        var none = new Piece(0, 0, 0, -1);
        boolean pair = !first.isEmpty();
        if (special) {
            add(1, none, -1, ids, all, sequences);
        }
        first.forEach(piece -> add(piece.id(), piece, 0, ids, all, sequences));
        if (pair) {
            add(2, none, -1, ids, all, sequences);
        }
        second.forEach(piece -> add(piece.id(), piece, pair ? 1 : 0, ids, all, sequences));
        if (special) {
            add(2, none, -1, ids, all, sequences);
        }
        int n = ids.size();
        var added = new boolean[n];
        for (int i = 0; i < n; i++) {
            added[i] = all.get(i).equals(none);
        }
        return new Encoding(
                ints(ids),
                sequences.stream().mapToInt(s -> Math.max(0, s)).toArray(),
                all.stream().mapToInt(Piece::start).toArray(),
                all.stream().mapToInt(Piece::end).toArray(),
                added,
                all.stream().mapToInt(Piece::word).toArray(),
                ints(sequences),
                overflow);
    }

    private static void add(
            int id, Piece piece, int sequence, List<Integer> ids, List<Piece> all, List<Integer> sequences) {
        ids.add(id);
        all.add(piece);
        sequences.add(sequence);
    }

    private static int[] ints(List<Integer> numbers) {
        return numbers.stream().mapToInt(Integer::intValue).toArray();
    }

    @Override
    public SpecialTokens specialTokens() {
        OptionalInt none = OptionalInt.empty();
        return new SpecialTokens(
                none, none, OptionalInt.of(0), none, none, OptionalInt.of(2), OptionalInt.of(1), List.of(0, 1, 2));
    }

    @Override
    public String decode(int[] ids, boolean skipSpecialTokens) {
        throw new UnsupportedOperationException();
    }

    @Override
    public StreamDecoder streamDecoder(boolean skipSpecialTokens) {
        throw new UnsupportedOperationException();
    }

    @Override
    public int vocabularySize() {
        return Integer.MAX_VALUE;
    }

    @Override
    public String token(int id) {
        throw new UnsupportedOperationException();
    }

    @Override
    public OptionalInt id(String token) {
        throw new UnsupportedOperationException();
    }

    @Override
    public boolean isSpecial(int id) {
        return id < 3;
    }
}
