package dev.argot.tokenizers.huggingface;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Byte-pair encoding (Sennrich, Haddow and Birch 2016): a word begins as single symbols, and of all neighbouring pairs that have a merge
 * the one of the lowest rank is merged, the leftmost first, until none is left. Short words are merged by looking through the pairs, long
 * ones with a heap, in O(n log n).
 */
final class BpeModel implements TokenModel {
    /** Above this many symbols the heap is faster. */
    private static final int SHORT = 40;

    private static final long NONE = Long.MAX_VALUE;

    private final Options options;
    private final WordCache cache = new WordCache();
    /** Symbols of single code points, in the basic plane. */
    private final int[] plane;

    /**
     * What a model is made of.
     *
     * @param symbols the vocabulary's single symbols and whole words, without special tokens
     * @param merges for each pair of ids, rank &lt;&lt; 32 | id of the merged token
     * @param byteSymbols where text is spelt in bytes ({@link ByteAlphabet}): each byte's id, or -1 if it has none; else null
     * @param fallback ids of the tokens {@code <0x00>} to {@code <0xFF>} for what the vocabulary doesn't spell, or null
     * @param words where words in the vocabulary are taken whole: these words, else null
     * @param continuingPrefix prefix of symbols inside a word, or ""
     * @param endSuffix suffix of a word's last symbol, or ""
     * @param unknown id for symbols that aren't in the vocabulary, or -1
     * @param fuseUnknown whether neighbouring unknown symbols become one token
     * @param separator a character that tokens have at their start only, so that text may be cut before it; or 0
     */
    @SuppressWarnings("ArrayRecordComponent") // shared and never written to
    record Options(
            Vocabulary symbols,
            PairTable merges,
            int @Nullable [] byteSymbols,
            int @Nullable [] fallback,
            @Nullable Trie words,
            String continuingPrefix,
            String endSuffix,
            int unknown,
            boolean fuseUnknown,
            char separator) {}

    BpeModel(Options options) {
        this.options = options;
        boolean plain = options.continuingPrefix.isEmpty() && options.endSuffix.isEmpty();
        if (options.byteSymbols == null && plain) {
            plane = new int[Character.MAX_VALUE + 1];
            for (int c = 0; c < plane.length; c++) {
                plane[c] = options.symbols.id(String.valueOf((char) c));
            }
        } else {
            plane = new int[0];
        }
    }

    @Override
    public void tokenize(AlignedText text, int from, int to, TokenBuffer out) {
        char separator = options.separator;
        if (separator == 0) {
            word(text, from, to, out);
            return;
        }
        char[] chars = text.chars;
        int start = from;
        for (int i = from + 1; i < to; i++) {
            if (chars[i] == separator && chars[i - 1] != separator) {
                word(text, start, i, out);
                start = i;
            }
        }
        word(text, start, to, out);
    }

    private void word(AlignedText text, int from, int to, TokenBuffer out) {
        char[] chars = text.chars;
        if (to - from > WordCache.MAX_CHARS) {
            int count = split(chars, from, to, out);
            for (int i = 0; i < count; i++) {
                out.add(out.symbols[i], text, from + out.symbolStarts[i], from + out.symbolEnds[i]);
            }
            return;
        }
        int hash = WordCache.hash(chars, from, to);
        int[] tokens = cache.get(hash, chars, from, to);
        if (tokens == null) {
            int count = split(chars, from, to, out);
            tokens = new int[count * 3];
            for (int i = 0; i < count; i++) {
                tokens[3 * i] = out.symbols[i];
                tokens[3 * i + 1] = out.symbolStarts[i];
                tokens[3 * i + 2] = out.symbolEnds[i];
            }
            cache.put(hash, chars, from, to, tokens);
        }
        for (int i = 0; i < tokens.length; i += 3) {
            out.add(tokens[i], text, from + tokens[i + 1], from + tokens[i + 2]);
        }
    }

    /** Leaves the word's tokens in the buffer's symbols, starts and ends relative to {@code from}; returns their number. */
    private int split(char[] chars, int from, int to, TokenBuffer memory) {
        Trie words = options.words;
        if (words != null) {
            int id = words.id(chars, from, to);
            if (id >= 0) {
                memory.symbols[0] = id;
                memory.symbolStarts[0] = 0;
                memory.symbolEnds[0] = to - from;
                return 1;
            }
        }
        int count = options.byteSymbols != null
                ? bytes(chars, from, to, memory, options.byteSymbols)
                : characters(chars, from, to, memory);
        if (count < 2) {
            return count;
        }
        return count <= SHORT ? mergeShort(memory, count) : mergeLong(memory, count);
    }

    private static void reserve(TokenBuffer memory, int count) {
        if (memory.symbols.length < count) {
            int capacity = count + (count >> 1);
            memory.symbols = new int[capacity];
            memory.symbolStarts = new int[capacity];
            memory.symbolEnds = new int[capacity];
        }
    }

    private int bytes(char[] chars, int from, int to, TokenBuffer memory, int[] byteSymbols) {
        reserve(memory, (to - from) * 3);
        int n = 0;
        for (int i = from; i < to; i++) {
            char c = chars[i];
            int start = i - from;
            if (c < 0x80) {
                n = put(memory, n, byteSymbols[c], start, start + 1);
            } else if (c < 0x800) {
                n = put(memory, n, byteSymbols[0xC0 | (c >> 6)], start, start + 1);
                n = put(memory, n, byteSymbols[0x80 | (c & 0x3F)], start, start + 1);
            } else if (Character.isHighSurrogate(c) && i + 1 < to) {
                int cp = Character.toCodePoint(c, chars[++i]);
                n = put(memory, n, byteSymbols[0xF0 | (cp >> 18)], start, start + 2);
                n = put(memory, n, byteSymbols[0x80 | ((cp >> 12) & 0x3F)], start, start + 2);
                n = put(memory, n, byteSymbols[0x80 | ((cp >> 6) & 0x3F)], start, start + 2);
                n = put(memory, n, byteSymbols[0x80 | (cp & 0x3F)], start, start + 2);
            } else {
                n = put(memory, n, byteSymbols[0xE0 | (c >> 12)], start, start + 1);
                n = put(memory, n, byteSymbols[0x80 | ((c >> 6) & 0x3F)], start, start + 1);
                n = put(memory, n, byteSymbols[0x80 | (c & 0x3F)], start, start + 1);
            }
        }
        return n;
    }

    private int characters(char[] chars, int from, int to, TokenBuffer memory) {
        int[] fallback = options.fallback;
        reserve(memory, fallback == null ? to - from : (to - from) * 3);
        int n = 0;
        int width;
        for (int i = from; i < to; i += width) {
            width = Characters.width(chars, i, to);
            int start = i - from;
            int id = symbol(chars, i, width, i == from, i + width == to);
            if (id < 0 && fallback != null) {
                for (byte b :
                        spelling(chars, i, width, i == from, i + width == to).getBytes(StandardCharsets.UTF_8)) {
                    reserveOne(memory, n);
                    n = put(memory, n, fallback[b & 0xFF], start, start + width);
                }
            } else {
                n = put(memory, n, id, start, start + width);
            }
        }
        return n;
    }

    private static void reserveOne(TokenBuffer memory, int n) {
        if (n == memory.symbols.length) {
            memory.symbols = Arrays.copyOf(memory.symbols, n * 2);
            memory.symbolStarts = Arrays.copyOf(memory.symbolStarts, n * 2);
            memory.symbolEnds = Arrays.copyOf(memory.symbolEnds, n * 2);
        }
    }

    private int symbol(char[] chars, int at, int width, boolean first, boolean last) {
        if (plane.length > 0 && width == 1) {
            return plane[chars[at]];
        }
        return options.symbols.id(spelling(chars, at, width, first, last));
    }

    private String spelling(char[] chars, int at, int width, boolean first, boolean last) {
        String character = new String(chars, at, width);
        return (first ? "" : options.continuingPrefix) + character + (last ? options.endSuffix : "");
    }

    /** Adds a symbol; an unknown one (id -1) becomes the unknown token, joins the one before, or is left out. */
    private int put(TokenBuffer memory, int n, int id, int start, int end) {
        int symbol = id;
        if (symbol < 0) {
            symbol = options.unknown;
            if (symbol < 0) {
                return n;
            }
            if (options.fuseUnknown && n > 0 && memory.symbols[n - 1] == symbol) {
                memory.symbolEnds[n - 1] = end;
                return n;
            }
        }
        memory.symbols[n] = symbol;
        memory.symbolStarts[n] = start;
        memory.symbolEnds[n] = end;
        return n + 1;
    }

    private int mergeShort(TokenBuffer memory, int count) {
        int[] symbols = memory.symbols;
        int[] starts = memory.symbolStarts;
        int[] ends = memory.symbolEnds;
        long[] merges = memory.merges;
        PairTable table = options.merges;
        int n = count;
        for (int i = 0; i + 1 < n; i++) {
            merges[i] = lookUp(table, symbols[i], symbols[i + 1]);
        }
        while (n > 1) {
            long least = NONE;
            int at = -1;
            for (int i = 0; i + 1 < n; i++) {
                if (merges[i] < least) {
                    least = merges[i];
                    at = i;
                }
            }
            if (at < 0) {
                break;
            }
            symbols[at] = (int) least;
            ends[at] = ends[at + 1];
            int moved = n - at - 2;
            System.arraycopy(symbols, at + 2, symbols, at + 1, moved);
            System.arraycopy(starts, at + 2, starts, at + 1, moved);
            System.arraycopy(ends, at + 2, ends, at + 1, moved);
            if (moved > 0) {
                System.arraycopy(merges, at + 2, merges, at + 1, moved - 1);
            }
            n--;
            if (at > 0) {
                merges[at - 1] = lookUp(table, symbols[at - 1], symbols[at]);
            }
            if (at + 1 < n) {
                merges[at] = lookUp(table, symbols[at], symbols[at + 1]);
            }
        }
        return n;
    }

    private static long lookUp(PairTable table, int left, int right) {
        long merge = table.get(left, right);
        return merge < 0 ? NONE : merge;
    }

    /** Symbols are a linked list; the heap holds rank &lt;&lt; 32 | position, and entries that no longer fit are passed over. */
    private int mergeLong(TokenBuffer memory, int count) {
        int[] symbols = memory.symbols;
        int[] ends = memory.symbolEnds;
        int[] next = new int[count];
        int[] previous = new int[count];
        PairTable table = options.merges;
        LongHeap heap = new LongHeap(count);
        for (int i = 0; i < count; i++) {
            next[i] = i + 1 < count ? i + 1 : -1;
            previous[i] = i - 1;
            if (i + 1 < count) {
                push(heap, table, symbols, i, i + 1);
            }
        }
        while (!heap.isEmpty()) {
            long top = heap.pop();
            int at = (int) top;
            int right = symbols[at] < 0 ? -1 : next[at];
            if (right < 0) {
                continue;
            }
            long merge = table.get(symbols[at], symbols[right]);
            if (merge < 0 || merge >>> 32 != top >>> 32) {
                continue;
            }
            symbols[at] = (int) merge;
            symbols[right] = -1;
            ends[at] = ends[right];
            int after = next[right];
            next[at] = after;
            if (after >= 0) {
                previous[after] = at;
                push(heap, table, symbols, at, after);
            }
            if (previous[at] >= 0) {
                push(heap, table, symbols, previous[at], at);
            }
        }
        int n = 0;
        for (int i = 0; i >= 0; i = next[i]) {
            symbols[n] = symbols[i];
            memory.symbolStarts[n] = memory.symbolStarts[i];
            ends[n] = ends[i];
            n++;
        }
        return n;
    }

    private static void push(LongHeap heap, PairTable table, int[] symbols, int left, int right) {
        long merge = table.get(symbols[left], symbols[right]);
        if (merge >= 0) {
            heap.push((merge & 0xFFFFFFFF00000000L) | left);
        }
    }

    /** A binary heap of longs, least first. */
    private static final class LongHeap {
        private long[] items;
        private int size;

        LongHeap(int capacity) {
            items = new long[Math.max(16, capacity)];
        }

        boolean isEmpty() {
            return size == 0;
        }

        void push(long item) {
            if (size == items.length) {
                items = Arrays.copyOf(items, size * 2);
            }
            int at = size++;
            while (at > 0) {
                int parent = (at - 1) >>> 1;
                if (items[parent] <= item) {
                    break;
                }
                items[at] = items[parent];
                at = parent;
            }
            items[at] = item;
        }

        long pop() {
            long top = items[0];
            long last = items[--size];
            int at = 0;
            while (true) {
                int child = 2 * at + 1;
                if (child >= size) {
                    break;
                }
                if (child + 1 < size && items[child + 1] < items[child]) {
                    child++;
                }
                if (items[child] >= last) {
                    break;
                }
                items[at] = items[child];
                at = child;
            }
            items[at] = last;
            return top;
        }
    }
}
