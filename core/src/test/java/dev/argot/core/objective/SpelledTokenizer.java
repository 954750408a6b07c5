package dev.argot.core.objective;

import dev.argot.api.EncodeOptions;
import dev.argot.api.Encoding;
import dev.argot.api.Tokenizer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;
import java.util.stream.IntStream;

/**
 * A tokenizer of a list of spellings. What is between brackets is special. A word is spelt by the longest pieces: with {@code ##} inside
 * words, or with {@code Ġ} or {@code ▁} in front of them, as the vocabulary does it.
 */
public final class SpelledTokenizer implements Tokenizer {
    private final List<String> spellings;
    private final String front;
    private final String inside;

    public SpelledTokenizer(String... spellings) {
        this.spellings = List.of(spellings);
        this.front = this.spellings.stream().anyMatch(s -> s.startsWith("Ġ"))
                ? "Ġ"
                : this.spellings.stream().anyMatch(s -> s.startsWith("▁")) ? "▁" : "";
        this.inside = front.isEmpty() ? "##" : "";
    }

    @Override
    public Encoding encode(String text, EncodeOptions options) {
        List<Integer> ids = new ArrayList<>();
        if (options.addSpecialTokens()) {
            id("[CLS]").ifPresent(ids::add);
        }
        boolean blank = text.startsWith(" ");
        for (String word : text.strip().split(" ", -1)) {
            // byte-level BPE knows a word at the start of a text from one behind a blank
            String start = front.equals("Ġ") && !blank ? "" : front;
            blank = true;
            spell(start + word, ids);
        }
        if (options.addSpecialTokens()) {
            id("[SEP]").ifPresent(ids::add);
        }
        int n = ids.size();
        return new Encoding(
                ids.stream().mapToInt(Integer::intValue).toArray(),
                new int[n],
                new int[n],
                new int[n],
                new boolean[n],
                new int[n],
                new int[n],
                List.of());
    }

    private void spell(String word, List<Integer> ids) {
        for (int at = 0; at < word.length(); ) {
            int from = at;
            String prefix = from == 0 ? "" : inside;
            int end = IntStream.iterate(word.length(), e -> e > from, e -> e - 1)
                    .filter(e -> spellings.contains(prefix + word.substring(from, e)))
                    .findFirst()
                    .orElse(-1);
            if (end < 0) {
                ids.add(spellings.indexOf("[UNK]"));
                return;
            }
            ids.add(spellings.indexOf(prefix + word.substring(from, end)));
            at = end;
        }
    }

    @Override
    public Encoding encodePair(String first, String second, EncodeOptions options) {
        throw new UnsupportedOperationException();
    }

    @Override
    public String decode(int[] ids, boolean skipSpecialTokens) {
        return String.join(" ", Arrays.stream(ids).mapToObj(spellings::get).toList());
    }

    @Override
    public StreamDecoder streamDecoder(boolean skipSpecialTokens) {
        throw new UnsupportedOperationException();
    }

    @Override
    public int vocabularySize() {
        return spellings.size();
    }

    @Override
    public String token(int id) {
        return spellings.get(id);
    }

    @Override
    public OptionalInt id(String token) {
        int index = spellings.indexOf(token);
        return index < 0 ? OptionalInt.empty() : OptionalInt.of(index);
    }

    @Override
    public boolean isSpecial(int id) {
        return spellings.get(id).startsWith("[");
    }

    @Override
    public SpecialTokens specialTokens() {
        return new SpecialTokens(
                OptionalInt.empty(),
                id("[EOS]"),
                id("[PAD]"),
                id("[UNK]"),
                id("[MASK]"),
                id("[SEP]"),
                id("[CLS]"),
                IntStream.range(0, spellings.size())
                        .filter(this::isSpecial)
                        .boxed()
                        .toList());
    }
}
