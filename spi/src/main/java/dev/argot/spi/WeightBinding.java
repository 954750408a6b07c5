package dev.argot.spi;

import dev.argot.api.FileFormatException;
import java.util.Map;

/** Finds the stored tensor of each parameter of an architecture's graph in a checkpoint. Stateless, hence thread-safe. */
public final class WeightBinding {
    private WeightBinding() {}

    /**
     * The tensors of a checkpoint by parameter. A name that is missing is also looked up without the architecture's
     * {@link Architecture#prefix()}, as checkpoints of the bare base model spell it.
     *
     * @param architecture the architecture
     * @param checkpoint the checkpoint; open as long as the tensors are read
     */
    public static WeightSource bind(Architecture architecture, Checkpoint checkpoint) {
        Map<String, StoredTensor> tensors = checkpoint.tensors();
        return parameter -> {
            StoredTensor tensor = tensors.get(parameter.name());
            if (tensor == null && parameter.name().startsWith(architecture.prefix())) {
                tensor = tensors.get(parameter.name().substring(architecture.prefix().length()));
            }
            if (tensor == null) {
                throw new FileFormatException(
                        checkpoint.location(),
                        "tensor '" + parameter.name() + "': expected shape " + parameter.shape() + ", but it is missing");
            }
            if (!tensor.shape().equals(parameter.shape())) {
                throw new FileFormatException(
                        checkpoint.location(),
                        "tensor '" + parameter.name() + "': expected shape " + parameter.shape() + ", found "
                                + tensor.shape());
            }
            return tensor;
        };
    }
}
