package dev.argot.engine.reference;

import dev.argot.api.EngineException;
import dev.argot.spi.ElementType;
import dev.argot.spi.StoredTensor;
import dev.argot.spi.Tensor;
import dev.argot.spi.WeightSource;
import dev.argot.spi.graph.Graph;
import dev.argot.spi.graph.Op;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** A model's weights as float32 on the heap. Immutable. */
final class Weights implements WeightSource {
    private final Map<Op.Parameter, Tensor.Floats> tensors;

    private Weights(Map<Op.Parameter, Tensor.Floats> tensors) {
        this.tensors = Map.copyOf(tensors);
    }

    static Weights read(Graph graph, WeightSource source) {
        return new Weights(Map.of()).with(graph, source);
    }

    /** These and those of a graph that are not among them. */
    Weights with(Graph graph, WeightSource source) {
        Map<String, Op.Parameter> known = new HashMap<>();
        tensors.keySet().forEach(p -> known.put(p.name(), p));
        Map<Op.Parameter, Tensor.Floats> all = new HashMap<>(tensors);
        for (Op.Parameter parameter : graph.parameters()) {
            if (known.containsKey(parameter.name())) {
                get(parameter); // of the same shape
                continue;
            }
            if (parameter.elements() > Integer.MAX_VALUE - 8) {
                throw new EngineException("tensor '" + parameter.name() + "' has " + parameter.elements()
                        + " elements; the engine 'reference' holds at most 2^31 in one");
            }
            StoredTensor stored = source.tensor(parameter);
            float[] data = new float[(int) parameter.elements()];
            stored.toFloat32(0, FloatBuffer.wrap(data));
            all.put(
                    parameter,
                    new Tensor.Floats(
                            data,
                            parameter.shape().stream()
                                    .mapToLong(Long::longValue)
                                    .toArray()));
        }
        return new Weights(all);
    }

    /** The tensor of a parameter. */
    Tensor.Floats get(Op.Parameter parameter) {
        Tensor.Floats tensor = tensors.get(parameter);
        if (tensor == null) {
            throw new IllegalArgumentException("no parameter " + parameter.name() + " " + parameter.shape()
                    + " among those the model was compiled with");
        }
        return tensor;
    }

    @Override
    public StoredTensor tensor(Op.Parameter parameter) {
        return new OnHeap(parameter, get(parameter).data());
    }

    @SuppressWarnings("ArrayRecordComponent") // shared with the running model
    private record OnHeap(Op.Parameter parameter, float[] data) implements StoredTensor {
        @Override
        public String name() {
            return parameter.name();
        }

        @Override
        public ElementType type() {
            return ElementType.FLOAT32;
        }

        @Override
        public List<Long> shape() {
            return parameter.shape();
        }

        @Override
        public Optional<ByteBuffer> mapped() {
            return Optional.empty();
        }

        @Override
        public void toFloat32(long from, FloatBuffer target) {
            if (from < 0 || from + target.remaining() > data.length) {
                throw new IndexOutOfBoundsException(
                        "elements " + from + " to " + (from + target.remaining()) + " of " + data.length);
            }
            target.put(data, (int) from, target.remaining());
        }
    }
}
