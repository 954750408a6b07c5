package dev.argot.api.finetuning;

import java.util.List;

/**
 * A text that is split into words, with a tag for each, such as {@code B-Disease}, {@code I-Disease} and {@code O}.
 *
 * @param id names the item
 * @param words untrusted words; at least one
 * @param tags a tag for each
 */
public record TaggedText(String id, List<String> words, List<String> tags) implements LabelledItem {
    /**
     * Copies the lists.
     *
     * @throws IllegalArgumentException if there is no word, or not one tag for each
     */
    public TaggedText {
        words = List.copyOf(words);
        tags = List.copyOf(tags);
        if (words.isEmpty() || words.size() != tags.size()) {
            throw new IllegalArgumentException(id + ": expected words with one tag each, found " + words.size()
                    + " words and " + tags.size() + " tags");
        }
    }
}
