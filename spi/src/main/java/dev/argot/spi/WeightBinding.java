package dev.argot.spi;

import dev.argot.api.FileFormatException;
import dev.argot.spi.graph.Op;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;

/** Finds the stored tensor of each parameter of an architecture's graph in a checkpoint. Stateless, hence thread-safe. */
public final class WeightBinding {
    private static final String SHARED = "shared.weight";
    private static final String DECODER_BIAS = ".decoder.bias";

    private WeightBinding() {}

    /**
     * The tensors of a checkpoint by parameter. A parameter is looked up by its name; then without the architecture's
     * {@link Architecture#prefix()} or with it, since checkpoints of the bare base model leave it out; then by the names that norms have
     * in checkpoints converted from TensorFlow ({@code gamma} for {@code weight}, {@code beta} for {@code bias}), the bias of a
     * masked-language head with and without its {@code decoder}, where Transformers keeps it twice, and an embedding that encoder and
     * decoder share under the name of either. An {@linkplain Architecture#buffers() buffer} that is nowhere is zeros. Tensors that no
     * parameter asks for are ignored, such as the buffers {@code attn.bias} and {@code rotary_emb.inv_freq} and the heads of
     * pre-training.
     *
     * @param architecture the architecture
     * @param checkpoint the checkpoint; open as long as the tensors are read
     */
    public static WeightSource bind(Architecture architecture, Checkpoint checkpoint) {
        Map<String, StoredTensor> tensors = checkpoint.tensors();
        return parameter -> {
            StoredTensor tensor = find(parameter.name(), architecture.prefix(), tensors)
                    .or(() -> zeros(parameter, architecture))
                    .orElseThrow(() -> new FileFormatException(
                            checkpoint.location(),
                            "tensor '" + parameter.name() + "': expected shape " + parameter.shape()
                                    + ", but it is missing" + hint(parameter.name(), architecture)));
            if (!tensor.shape().equals(parameter.shape())) {
                throw new FileFormatException(
                        checkpoint.location(),
                        "tensor '" + tensor.name() + "': expected shape " + parameter.shape() + ", found "
                                + tensor.shape());
            }
            return tensor;
        };
    }

    private static Optional<StoredTensor> zeros(Op.Parameter parameter, Architecture architecture) {
        return architecture.buffers().contains(parameter.name())
                ? Optional.of(new Zeros(parameter.name(), parameter.shape()))
                : Optional.empty();
    }

    /** A buffer that a checkpoint leaves out. */
    private record Zeros(String name, List<Long> shape) implements StoredTensor {
        @Override
        public ElementType type() {
            return ElementType.FLOAT32;
        }

        @Override
        public Optional<ByteBuffer> mapped() {
            return Optional.empty();
        }

        @Override
        public void toFloat32(long from, FloatBuffer target) {
            Objects.checkFromIndexSize(from, target.remaining(), elements());
            while (target.hasRemaining()) {
                target.put(0);
            }
        }
    }

    /** A checkpoint of a bare model, or with another head, under a configuration that names this one. */
    private static String hint(String name, Architecture architecture) {
        return architecture.prefix().isEmpty() || name.startsWith(architecture.prefix())
                ? ""
                : "; it belongs to the head of a " + architecture.kind().getSimpleName()
                        + ", which 'architectures' in the configuration asks for and the checkpoint does not have";
    }

    /**
     * The tensor of a parameter's name, looked up as {@link #bind} does.
     *
     * @param name the parameter's name
     * @param prefix the {@link Architecture#prefix()}
     * @param tensors the tensors of a checkpoint by name
     */
    public static Optional<StoredTensor> find(String name, String prefix, Map<String, StoredTensor> tensors) {
        return names(name, prefix).stream()
                .filter(tensors::containsKey)
                .findFirst()
                .map(tensors::get);
    }

    private static Set<String> names(String name, String prefix) {
        var names = new LinkedHashSet<String>();
        names.add(name);
        if (!prefix.isEmpty()) {
            names.add(name.startsWith(prefix) ? name.substring(prefix.length()) : prefix + name);
        }
        for (String known : names.toArray(String[]::new)) {
            if (known.endsWith("LayerNorm.weight")) {
                names.add(known.substring(0, known.length() - "weight".length()) + "gamma");
            } else if (known.endsWith("LayerNorm.bias")) {
                names.add(known.substring(0, known.length() - "bias".length()) + "beta");
            } else if (known.endsWith(SHARED)) {
                String before = known.substring(0, known.length() - SHARED.length());
                names.add(before + "encoder.embed_tokens.weight");
                names.add(before + "decoder.embed_tokens.weight");
            } else if (known.endsWith(DECODER_BIAS)) {
                names.add(known.substring(0, known.length() - DECODER_BIAS.length()) + ".bias");
            } else if (known.endsWith("predictions.bias") || known.endsWith("lm_head.bias")) {
                names.add(known.substring(0, known.length() - ".bias".length()) + DECODER_BIAS);
            }
        }
        return names;
    }
}
