package dev.argot.spi;

/** Makes a kind of curation step. */
public interface CurationStepProvider {
    /** Short, stable, lower-case name, such as {@code "length"}, by which rules refer to it. */
    String name();

    /**
     * Makes a step for one run over a corpus.
     *
     * @param settings what it is told; a setting that is never asked for is an error the caller reports
     * @param context domain, evaluation sets, seed
     * @throws IllegalArgumentException if a setting is not what was expected
     */
    CurationStep open(Settings settings, CurationContext context);
}
