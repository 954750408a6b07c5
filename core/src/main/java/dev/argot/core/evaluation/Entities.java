package dev.argot.core.evaluation;

import java.util.ArrayList;
import java.util.List;

/**
 * Entities in a sequence of tags, by the rules of CoNLL's {@code conlleval} (Tjong Kim Sang and De Meulder 2003), which {@code seqeval}
 * follows in its default mode: one begins at {@code B-X} and {@code S-X}, and at {@code I-X} and {@code E-X} that do not go on with an
 * entity of the same type; {@code E-X} and {@code S-X} are its last. Stateless, hence thread-safe.
 */
public final class Entities {
    private Entities() {}

    /**
     * An entity.
     *
     * @param type what it is, such as {@code "Disease"}
     * @param start index of its first tag
     * @param end index behind its last tag
     */
    public record Entity(String type, int start, int end) {}

    /**
     * The entities of a sequence, in order.
     *
     * @param tags {@code O}, or {@code B-}, {@code I-}, {@code E-} or {@code S-} with a type
     */
    public static List<Entity> of(List<String> tags) {
        var entities = new ArrayList<Entity>();
        String before = "O";
        int start = -1; // of the entity that may go on
        for (int i = 0; i < tags.size(); i++) {
            String tag = tags.get(i);
            boolean goesOn = start >= 0
                    && (position(tag) == 'I' || position(tag) == 'E')
                    && position(before) != 'E'
                    && position(before) != 'S'
                    && type(tag).equals(type(before));
            if (!goesOn) {
                if (start >= 0) {
                    entities.add(new Entity(type(before), start, i));
                }
                start = position(tag) == 'O' ? -1 : i;
            }
            before = tag;
        }
        if (start >= 0) {
            entities.add(new Entity(type(before), start, tags.size()));
        }
        return entities;
    }

    private static char position(String tag) {
        return tag.charAt(0);
    }

    private static String type(String tag) {
        return tag.substring(Math.min(2, tag.length()));
    }
}
