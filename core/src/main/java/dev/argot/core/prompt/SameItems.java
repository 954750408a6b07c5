package dev.argot.core.prompt;

import dev.argot.api.prompt.Example;
import java.text.Normalizer;
import java.util.BitSet;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * Finds the exemplars that are an item itself, and would tell its answer: in each slot, their inputs are equal, or one contains all of
 * the other and what is contained has at least {@value #LONG} characters. Case, punctuation, blanks and forms of characters that Unicode
 * holds compatible (NFKC) do not count. Other questions about the same passage are therefore other items, and short texts that begin
 * alike are as well.
 *
 * <p>Immutable and thread-safe.
 */
final class SameItems {
    /** From this length on, in chars of the plain form, a text with another inside is taken for a copy of it with something added. */
    static final int LONG = 40;

    private static final Pattern IGNORED = Pattern.compile("[\\p{P}\\p{Z}\\p{C}\\s]+");

    private final List<String> slots;
    private final List<List<String>> pool;

    /**
     * Prepares a pool.
     *
     * @param slots the slots compared
     * @param exemplars the pool
     */
    SameItems(Collection<String> slots, List<Example> exemplars) {
        this.slots = List.copyOf(slots);
        this.pool = exemplars.stream()
                .map(exemplar -> plainInputs(exemplar.inputs()))
                .toList();
    }

    /**
     * The numbers of the exemplars that are this item.
     *
     * @param inputs the item's
     */
    BitSet of(Map<String, String> inputs) {
        var same = new BitSet();
        if (slots.isEmpty()) {
            return same; // nothing tells items apart
        }
        List<String> item = plainInputs(inputs);
        for (int i = 0; i < pool.size(); i++) {
            if (isSame(pool.get(i), item)) {
                same.set(i);
            }
        }
        return same;
    }

    private static boolean isSame(List<String> a, List<String> b) {
        for (int i = 0; i < a.size(); i++) {
            if (!isSame(a.get(i), b.get(i))) {
                return false;
            }
        }
        return true;
    }

    private static boolean isSame(String a, String b) {
        return a.equals(b) || (a.length() >= LONG && b.contains(a)) || (b.length() >= LONG && a.contains(b));
    }

    private List<String> plainInputs(Map<String, String> inputs) {
        return slots.stream().map(slot -> plain(inputs.getOrDefault(slot, ""))).toList();
    }

    /**
     * A text in lower case, in compatibility form, each run of punctuation and blanks a blank; where nothing else would be left, they stay.
     *
     * @param text any text
     */
    static String plain(String text) {
        String lower = Normalizer.normalize(text, Normalizer.Form.NFKC).toLowerCase(Locale.ROOT);
        String plain = IGNORED.matcher(lower).replaceAll(" ").strip();
        return plain.isEmpty() ? lower.strip() : plain;
    }
}
