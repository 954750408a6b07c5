package dev.argot.api.adaptation;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What a model is to learn from texts: one of the objectives below, or one that a plug-in brings along, with its settings.
 *
 * @param name name of the objective, such as {@link #MASKED}
 * @param settings by name; those that are missing have their default
 */
public record ObjectiveSettings(String name, Map<String, String> settings) {
    /** Causal language modelling, for models that continue texts: each token is predicted from those before it. No settings. */
    public static final String CAUSAL = "causal";

    /**
     * Masked language modelling, for encoders: hidden tokens are guessed (Devlin et al. 2019; Liu et al. 2019). Settings:
     * {@code probability} (0.15), {@code mask-share} (0.8), {@code random-share} (0.1), {@code whole-words} (false), {@code mean-span} (1:
     * no spans), {@code max-span} (10), {@code term-factor} (2: terms of the domain are hidden whole, and twice as often as other words; 0:
     * as any text).
     */
    public static final String MASKED = "masked";

    /**
     * Span corruption, for encoder-decoder models: hidden spans are written by the decoder (Raffel et al. 2020). Settings:
     * {@code noise-density} (0.15), {@code mean-span} (3).
     */
    public static final String SPAN_CORRUPTION = "span-corruption";

    /** Copies the settings, in their order. */
    public ObjectiveSettings {
        settings = Collections.unmodifiableMap(new LinkedHashMap<>(settings));
    }

    /**
     * An objective with its default settings.
     *
     * @param name its name
     */
    public static ObjectiveSettings of(String name) {
        return new ObjectiveSettings(name, Map.of());
    }

    /**
     * These settings with one changed.
     *
     * @param setting its name
     * @param value its value
     */
    public ObjectiveSettings with(String setting, Object value) {
        var changed = new LinkedHashMap<>(settings);
        changed.put(setting, value.toString());
        return new ObjectiveSettings(name, changed);
    }

    /** Such as {@code "masked, term-factor 3"}. */
    @Override
    public String toString() {
        var text = new StringBuilder(name);
        settings.forEach((key, value) -> text.append(", ").append(key).append(' ').append(value));
        return text.toString();
    }
}
