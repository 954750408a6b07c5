package dev.argot.api;

import java.util.List;

/** An encoder with a head that tags every word, such as for named-entity recognition with BIO tags. */
public non-sealed interface TokenClassifier extends Model {
    /** Names of the tags, in the order of the head's outputs. */
    List<String> labels();

    /**
     * Finds entities in a text. Words are those of the tokenizer; a word's tag is that of its first token, and {@code B-X I-X …} makes one
     * entity, as does {@code I-X} after another tag (CoNLL). Long texts are read in overlapping windows.
     *
     * @param text untrusted text
     * @return the entities in the order of the text
     */
    default List<Entity> entities(String text) {
        return entitiesAll(List.of(text)).get(0);
    }

    /**
     * Finds entities in texts, computed in batches of similar length.
     *
     * @param texts as for {@link #entities}
     * @return for each text its entities in order
     */
    List<List<Entity>> entitiesAll(List<String> texts);

    /**
     * Tags texts that are split into words already. A word's tag is that of its first token; words that do not fit any more are tagged in
     * further windows. Words are encoded one by one, each as it stands behind a blank.
     *
     * @param texts the words of each untrusted text, without blanks
     * @return a tag for each word; {@code O}, or the first tag where there is none of that name, for a word the tokenizer leaves out
     */
    List<List<String>> tagWords(List<List<String>> texts);

    /**
     * An entity found in a text.
     *
     * @param type what it is: the tag without {@code B-} or {@code I-}
     * @param text the text it covers
     * @param start where it starts in the text, in chars
     * @param end where it ends, exclusive
     * @param score mean probability of its words' tags
     */
    record Entity(String type, String text, int start, int end, double score) {}
}
