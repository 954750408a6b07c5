package dev.argot.api.finetuning;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * A text, or a pair of texts, with what it should be judged to be.
 *
 * @param id names the item
 * @param text untrusted text
 * @param second untrusted text that is judged together with the first, such as a hypothesis with its premise; empty for a single text
 * @param targets the value of each class or number: 1 for a class that applies, for several at once perhaps a probability in between;
 *     classes that are left out have 0. For regression the number of each output
 */
public record LabelledText(String id, String text, Optional<String> second, Map<String, Double> targets)
        implements LabelledItem {
    /**
     * Copies the map.
     *
     * @throws IllegalArgumentException if a value is not finite
     */
    public LabelledText {
        targets = Collections.unmodifiableMap(new LinkedHashMap<>(targets));
        targets.forEach((name, value) -> {
            if (!Double.isFinite(value)) {
                throw new IllegalArgumentException(id + ": expected a finite number for '" + name + "', found " + value);
            }
        });
    }

    /**
     * A text of one class.
     *
     * @param id names the item
     * @param text untrusted text
     * @param label the class
     */
    public static LabelledText of(String id, String text, String label) {
        return new LabelledText(id, text, Optional.empty(), Map.of(label, 1.0));
    }

    /**
     * A text of any number of classes.
     *
     * @param id names the item
     * @param text untrusted text
     * @param labels the classes that apply; may be empty
     */
    public static LabelledText of(String id, String text, Set<String> labels) {
        var targets = new LinkedHashMap<String, Double>();
        labels.stream().sorted().forEach(label -> targets.put(label, 1.0));
        return new LabelledText(id, text, Optional.empty(), targets);
    }
}
