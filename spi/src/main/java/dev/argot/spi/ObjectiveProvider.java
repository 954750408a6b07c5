package dev.argot.spi;

/** Makes a kind of objective. */
public interface ObjectiveProvider {
    /** Short, stable, lower-case name, such as {@code "masked"}, by which a spec refers to it. */
    String name();

    /**
     * Makes an objective for one model.
     *
     * @param settings what it is told; a setting that is never asked for is an error the caller reports
     * @param context the model's tokenizer, the domain's terms
     * @throws IllegalArgumentException if a setting is not what was expected
     * @throws dev.argot.api.ArgotException if the tokenizer lacks a token that is needed
     */
    Objective open(Settings settings, ObjectiveContext context);
}
