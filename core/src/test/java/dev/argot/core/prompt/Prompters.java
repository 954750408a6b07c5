package dev.argot.core.prompt;

import dev.argot.api.GenerativeModel;
import dev.argot.api.prompt.PromptSpec;
import dev.argot.api.prompt.Prompter;

/** Prompters for tests, without search. */
public final class Prompters {
    static final Searches NO_SEARCHES = new Searches(
            () -> {
                throw new AssertionError("nothing is searched here");
            },
            domain -> {
                throw new AssertionError("nothing is searched here");
            });

    private Prompters() {}

    /**
     * A prompter.
     *
     * @param model answers
     * @param spec what is asked; its exemplars are fixed or random
     */
    public static Prompter of(GenerativeModel model, PromptSpec spec) {
        return of(model, spec, NO_SEARCHES);
    }

    /**
     * A prompter that searches.
     *
     * @param model answers
     * @param spec what is asked
     * @param searches makes indexes
     */
    public static Prompter of(GenerativeModel model, PromptSpec spec, Searches searches) {
        return new CorePrompter(model, spec, ExemplarSelectors.of(spec, searches));
    }
}
