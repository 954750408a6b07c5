package dev.argot.core.adaptation;

import java.util.Set;

/**
 * Rows that a vocabulary extension added to a model. They are trained with every method: alone where the method leaves the old rows as
 * they are (LoRA, or layers without the embeddings), else together with them.
 *
 * @param parameters the parameters that have them: the embedding, an untied head
 * @param first the first of them; they go on to the end
 * @param alone whether the old rows stay as they are in any case
 */
record NewRows(Set<String> parameters, long first, boolean alone) {
    /** No vocabulary was extended. */
    static final NewRows NONE = new NewRows(Set.of(), 0, false);

    /** Copies the set. */
    NewRows {
        parameters = Set.copyOf(parameters);
    }
}
