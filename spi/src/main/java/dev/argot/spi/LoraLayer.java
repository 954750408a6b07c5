package dev.argot.spi;

/**
 * One adapted linear layer. Its matrices are parameters of the rewritten graph, named as PEFT names them in
 * {@code adapter_model.safetensors}: {@code base_model.model.MODULE.lora_A.weight} [rank, in],
 * {@code base_model.model.MODULE.lora_B.weight} [out, rank] and, with DoRA, {@code base_model.model.MODULE.lora_magnitude_vector} [out].
 *
 * @param module the linear layer's name, such as {@code "model.layers.0.self_attn.q_proj"}
 * @param rank rows of A
 * @param scale factor of B·A
 * @param dora whether there is a magnitude vector
 */
public record LoraLayer(String module, int rank, double scale, boolean dora) {
    private static final String PREFIX = "base_model.model.";

    /**
     * The name that a tensor of the model has in an adapter that was trained with it whole ({@code modules_to_save} of PEFT), such as a
     * new classifier's.
     *
     * @param parameter its name in the model
     */
    public static String saved(String parameter) {
        return PREFIX + parameter;
    }

    /** Name of A. */
    public String a() {
        return PREFIX + module + ".lora_A.weight";
    }

    /** Name of B. */
    public String b() {
        return PREFIX + module + ".lora_B.weight";
    }

    /** Name of the magnitude vector. */
    public String magnitude() {
        return PREFIX + module + ".lora_magnitude_vector";
    }
}
