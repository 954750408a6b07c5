package dev.argot.api.adaptation;

import java.util.Map;
import java.util.Set;

/**
 * Low-rank adaptation (Hu et al. 2021): beside each chosen matrix W the product B·A of two thin ones is trained, and
 * {@code W·x + scale · B·A·x} computed; W stays as it is. Names and defaults are those of PEFT's {@code LoraConfig}.
 *
 * @param rank rows of A; at least 1
 * @param alpha the scale's numerator: {@code alpha / rank}, or {@code alpha / √rank} where rank-stabilised
 * @param dropout probability with which an element of A's input is left out in training; 0 to below 1
 * @param targets ends of module names, such as {@code "q_proj"} or {@code "self_attn.v_proj"}, or {@link #ALL_LINEAR} alone
 * @param rankStabilised whether the scale is {@code alpha / √rank} (rsLoRA, Kalajdzievski 2023)
 * @param dora whether each matrix is split into direction and magnitude, and the magnitude trained as well (DoRA, Liu et al. 2024)
 * @param rankPattern ranks of single modules, by the end of their names
 * @param alphaPattern alphas of single modules, by the end of their names
 */
public record Lora(
        int rank,
        double alpha,
        double dropout,
        Set<String> targets,
        boolean rankStabilised,
        boolean dora,
        Map<String, Integer> rankPattern,
        Map<String, Double> alphaPattern)
        implements Method {
    /** Every linear layer but the output head. */
    public static final String ALL_LINEAR = "all-linear";

    /** Copies the collections and checks the numbers. */
    public Lora {
        targets = Set.copyOf(targets);
        rankPattern = Map.copyOf(rankPattern);
        alphaPattern = Map.copyOf(alphaPattern);
        if (rank < 1) {
            throw new IllegalArgumentException("the rank of LoRA must be at least 1: " + rank);
        }
        if (!(alpha > 0 && Double.isFinite(alpha))) {
            throw new IllegalArgumentException("alpha of LoRA must be above 0: " + alpha);
        }
        if (!(dropout >= 0 && dropout < 1)) {
            throw new IllegalArgumentException("the dropout of LoRA must be 0 to below 1: " + dropout);
        }
        if (targets.isEmpty()) {
            throw new IllegalArgumentException("LoRA needs at least one target");
        }
    }

    /**
     * LoRA on every linear layer but the head, alpha twice the rank, no dropout.
     *
     * @param rank rows of A
     */
    public static Lora ofRank(int rank) {
        return new Lora(rank, 2.0 * rank, 0, Set.of(ALL_LINEAR), false, false, Map.of(), Map.of());
    }
}
