package dev.argot.api.adaptation;

import java.util.Set;

/** Which weights an adaptation changes. */
public sealed interface Method permits Method.Full, Method.Partial, Lora {
    /** All of them. */
    record Full() implements Method {}

    /**
     * Some of them; the others are frozen.
     *
     * @param parameters which: beginnings of parameter names at a dot, such as {@code "model.layers.29"} or
     *     {@code "model.embed_tokens"}
     */
    record Partial(Set<String> parameters) implements Method {
        /** Copies the set. */
        public Partial {
            parameters = Set.copyOf(parameters);
            if (parameters.isEmpty()) {
                throw new IllegalArgumentException(
                        "training a part of the weights needs at least one beginning of a name");
            }
        }
    }

    /** All weights. */
    static Method full() {
        return new Full();
    }

    /**
     * Low-rank adapters on every linear layer but the head.
     *
     * @param rank the rank
     */
    static Method lora(int rank) {
        return Lora.ofRank(rank);
    }
}
