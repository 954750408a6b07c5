package dev.argot.core.decoding;

import dev.argot.api.EncodeOptions;
import dev.argot.api.Encoding;
import dev.argot.api.Tokenizer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;

/**
 * A tokenizer of a list of pieces; takes the longest piece each time. Id 0 is the special token that ends a text. Its stream drops spaces
 * at the beginning.
 */
public final class PieceTokenizer implements Tokenizer {
    private final List<String> pieces;

    public PieceTokenizer(String... pieces) {
        this.pieces = List.of(pieces);
    }

    /** A tokenizer of single letters: 0 ends a text, 1 is {@code a}, 2 is {@code b} and so on. */
    public static PieceTokenizer letters(int vocabulary) {
        String[] pieces = new String[vocabulary];
        pieces[0] = "<end>";
        for (int i = 1; i < vocabulary; i++) {
            pieces[i] = String.valueOf((char) ('a' + i - 1));
        }
        return new PieceTokenizer(pieces);
    }

    @Override
    public Encoding encode(String text, EncodeOptions options) {
        List<Integer> ids = new ArrayList<>();
        List<Integer> ends = new ArrayList<>();
        for (int at = 0; at < text.length(); ) {
            int best = -1;
            for (int i = 1; i < pieces.size(); i++) {
                if (text.startsWith(pieces.get(i), at)
                        && (best < 0
                                || pieces.get(i).length() > pieces.get(best).length())) {
                    best = i;
                }
            }
            at += pieces.get(best).length();
            ids.add(best);
            ends.add(at);
        }
        int most = options.truncation().map(EncodeOptions.Truncation::maxTokens).orElse(ids.size());
        boolean fromStart = options.truncation()
                .filter(t -> t.side() == EncodeOptions.Truncation.Side.START)
                .isPresent();
        int drop = fromStart ? Math.max(0, ids.size() - most) : 0;
        int[] kept =
                ids.stream().skip(drop).limit(most).mapToInt(Integer::intValue).toArray();
        int[] keptEnds =
                ends.stream().skip(drop).limit(most).mapToInt(Integer::intValue).toArray();
        int n = kept.length;
        return new Encoding(kept, new int[n], new int[n], keptEnds, new boolean[n], new int[n], new int[n], List.of());
    }

    @Override
    public Encoding encodePair(String first, String second, EncodeOptions options) {
        throw new UnsupportedOperationException();
    }

    @Override
    public String decode(int[] ids, boolean skipSpecialTokens) {
        var text = new StringBuilder();
        for (int id : ids) {
            text.append(id == 0 && skipSpecialTokens ? "" : pieces.get(id));
        }
        return text.toString();
    }

    @Override
    public StreamDecoder streamDecoder(boolean skipSpecialTokens) {
        return new StreamDecoder() {
            private boolean begun;

            @Override
            public String next(int id) {
                String text = decode(new int[] {id}, skipSpecialTokens);
                boolean beginning = !begun;
                begun = true;
                return beginning ? text.stripLeading() : text;
            }

            @Override
            public String finish() {
                return "";
            }
        };
    }

    @Override
    public int vocabularySize() {
        return pieces.size();
    }

    @Override
    public String token(int id) {
        return pieces.get(id);
    }

    @Override
    public OptionalInt id(String token) {
        return pieces.contains(token) ? OptionalInt.of(pieces.indexOf(token)) : OptionalInt.empty();
    }

    @Override
    public byte[] bytes(int id) {
        return isSpecial(id) ? new byte[0] : pieces.get(id).getBytes(StandardCharsets.UTF_8);
    }

    @Override
    public boolean isSpecial(int id) {
        return id == 0;
    }

    @Override
    public SpecialTokens specialTokens() {
        return new SpecialTokens(
                OptionalInt.empty(),
                OptionalInt.of(0),
                OptionalInt.empty(),
                OptionalInt.empty(),
                OptionalInt.empty(),
                OptionalInt.empty(),
                OptionalInt.empty(),
                List.of(0));
    }
}
