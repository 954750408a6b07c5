package dev.argot.api.prompt;

/** In which order exemplars that were selected are shown. */
public enum ExemplarOrder {
    /** As the selection gives them: fixed ones in the pool's order, similar ones with the most similar last. The default. */
    AS_SELECTED,
    /** The other way round. */
    REVERSED,
    /**
     * The permutation, of at most 24 tried, under which the model's answers to probes that it writes itself have the highest entropy of labels (GlobalE, Lu et
     * al. 2022). For tasks with labels, and for exemplars that are the same for every item; found once for a prompter.
     */
    LABEL_ENTROPY
}
