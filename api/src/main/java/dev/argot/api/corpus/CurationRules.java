package dev.argot.api.corpus;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * How documents are chosen and cleaned: steps in order, each with settings. What a step does, and what it can be told, is described
 * with the plug-in of that name.
 *
 * @param steps the steps; no name occurs twice
 */
public record CurationRules(List<Step> steps) {
    /** Takes out navigation, notices and repeated page headers. */
    public static final String BOILERPLATE = "boilerplate";

    /** Drops what is too short or too long. */
    public static final String LENGTH = "length";

    /** Drops what is not running text of the language, by heuristics. */
    public static final String QUALITY = "quality";

    /** Drops what repeats itself. */
    public static final String REPETITION = "repetition";

    /** Drops all but the first of equal documents. */
    public static final String EXACT_DUPLICATES = "exact-duplicates";

    /** Drops all but the first of documents that are nearly equal. */
    public static final String NEAR_DUPLICATES = "near-duplicates";

    /** Drops hateful and obscene texts, by lists of words. */
    public static final String HARMFUL_CONTENT = "harmful-content";

    /** Masks what identifies a person. */
    public static final String PERSONAL_DATA = "personal-data";

    /** Takes out what the evaluation sets have, too. */
    public static final String DECONTAMINATION = "decontamination";

    /** Measures, and drops what has few of, the terms of the domain. */
    public static final String RELEVANCE = "relevance";

    /** Every step of Argot in the order of the constants above, with its default settings. */
    public static final CurationRules DEFAULT = new CurationRules(List.of(
            Step.of(BOILERPLATE),
            Step.of(LENGTH),
            Step.of(QUALITY),
            Step.of(REPETITION),
            Step.of(EXACT_DUPLICATES),
            Step.of(NEAR_DUPLICATES),
            Step.of(HARMFUL_CONTENT),
            Step.of(PERSONAL_DATA),
            Step.of(DECONTAMINATION),
            Step.of(RELEVANCE)));

    /** Keeps every document as it is. */
    public static final CurationRules NONE = new CurationRules(List.of());

    /** Copies the list and checks that no step is there twice. */
    public CurationRules {
        steps = List.copyOf(steps);
        Set<String> names = new HashSet<>();
        for (Step step : steps) {
            if (!names.add(step.name())) {
                throw new IllegalArgumentException("the step '" + step.name() + "' is there twice");
            }
        }
    }

    /**
     * These rules with a setting of one step changed.
     *
     * @param step name of a step that is there
     * @param setting name of the setting
     * @param value its value
     * @throws IllegalArgumentException if there is no such step
     */
    public CurationRules with(String step, String setting, String value) {
        List<Step> changed = new ArrayList<>(steps);
        changed.replaceAll(s -> s.name().equals(step) ? s.with(setting, value) : s);
        if (steps.stream().noneMatch(s -> s.name().equals(step))) {
            throw new IllegalArgumentException("expected one of the steps "
                    + steps.stream().map(Step::name).toList() + ", found '" + step + "'");
        }
        return new CurationRules(changed);
    }

    /**
     * These rules without one step; the same where it isn't there.
     *
     * @param step name of the step
     */
    public CurationRules without(String step) {
        return new CurationRules(
                steps.stream().filter(s -> !s.name().equals(step)).toList());
    }

    /**
     * A step and what it is told.
     *
     * @param name name of the plug-in, such as {@link #LENGTH}
     * @param settings by name; those that are missing have their default
     */
    public record Step(String name, Map<String, String> settings) {
        /** Copies the settings, in their order. */
        public Step {
            settings = Collections.unmodifiableMap(new LinkedHashMap<>(settings));
        }

        /**
         * A step with its default settings.
         *
         * @param name name of the plug-in
         */
        public static Step of(String name) {
            return new Step(name, Map.of());
        }

        /**
         * This step with a setting changed.
         *
         * @param setting name of the setting
         * @param value its value
         */
        public Step with(String setting, String value) {
            Map<String, String> changed = new LinkedHashMap<>(settings);
            changed.put(setting, value);
            return new Step(name, changed);
        }
    }
}
