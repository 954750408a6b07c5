package dev.argot.spi;

import dev.argot.api.FileFormatException;
import dev.argot.spi.graph.Op;
import java.util.LinkedHashSet;
import java.util.Set;

/**
 * Finds the tensor of each parameter in a checkpoint. A parameter is looked up by its name; then without the architecture's
 * {@linkplain Architecture#prefix() prefix} or with it, since checkpoints of bare base models leave it out; then by the names that norms
 * had in checkpoints converted from TensorFlow ({@code gamma} for {@code weight}, {@code beta} for {@code bias}). Tensors that no
 * parameter asks for are ignored: buffers such as {@code attn.bias} or {@code rotary_emb.inv_freq}. Thread-safe.
 */
public final class WeightBinding implements WeightSource {
    private final Checkpoint checkpoint;
    private final String prefix;

    /**
     * A binding.
     *
     * @param architecture what asks for parameters
     * @param checkpoint what has the tensors; must stay open while tensors are used
     */
    public WeightBinding(Architecture architecture, Checkpoint checkpoint) {
        this.checkpoint = checkpoint;
        this.prefix = architecture.prefix();
    }

    /**
     * Finds the tensor of every parameter of an architecture, without reading one.
     *
     * @param architecture what asks for parameters
     * @param checkpoint what has the tensors; must stay open while tensors are used
     * @throws FileFormatException if a tensor is missing or of another shape
     */
    public static WeightBinding checked(Architecture architecture, Checkpoint checkpoint) {
        var binding = new WeightBinding(architecture, checkpoint);
        architecture.graph().parameters().forEach(binding::tensor);
        return binding;
    }

    @Override
    public StoredTensor tensor(Op.Parameter parameter) {
        for (String name : names(parameter.name())) {
            StoredTensor tensor = checkpoint.tensors().get(name);
            if (tensor != null) {
                if (!tensor.shape().equals(parameter.shape())) {
                    throw new FileFormatException(
                            checkpoint.location(),
                            "tensor '" + name + "': expected shape " + parameter.shape() + ", found "
                                    + tensor.shape());
                }
                return tensor;
            }
        }
        throw new FileFormatException(
                checkpoint.location(),
                "tensor '" + parameter.name() + "': expected shape " + parameter.shape() + ", but it is missing");
    }

    private Set<String> names(String name) {
        var names = new LinkedHashSet<String>();
        names.add(name);
        if (!prefix.isEmpty()) {
            names.add(name.startsWith(prefix) ? name.substring(prefix.length()) : prefix + name);
        }
        for (String known : Set.copyOf(names)) {
            if (known.endsWith("LayerNorm.weight")) {
                names.add(known.substring(0, known.length() - "weight".length()) + "gamma");
            } else if (known.endsWith("LayerNorm.bias")) {
                names.add(known.substring(0, known.length() - "bias".length()) + "beta");
            }
        }
        return names;
    }
}
