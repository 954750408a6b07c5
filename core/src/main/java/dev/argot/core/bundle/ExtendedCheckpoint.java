package dev.argot.core.bundle;

import dev.argot.api.ArgotException;
import dev.argot.spi.Architecture;
import dev.argot.spi.Checkpoint;
import dev.argot.spi.Config;
import dev.argot.spi.ElementType;
import dev.argot.spi.StoredTensor;
import dev.argot.spi.TokenizerData;
import dev.argot.spi.WeightBinding;
import dev.argot.spi.graph.Node;
import dev.argot.spi.graph.Op;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A checkpoint whose vocabulary was extended: the embedding and an untied head have a row more for each new token, which begins as the
 * mean of the rows of the tokens it stands for (Gee et al. 2022, "Fast Vocabulary Transfer for Language Model Compression"). Everything
 * else is the base's. Nothing is copied; closing it closes the base. Thread-safe.
 */
public final class ExtendedCheckpoint extends ForwardingCheckpoint {
    private static final String SIZE = "vocab_size";
    /** What Marian calls the vocabulary that is written. */
    private static final String DECODER_SIZE = "decoder_vocab_size";

    private final ExtendedVocabulary vocabulary;
    private final Config config;
    private final Map<String, StoredTensor> tensors;
    private final Set<String> parameters;

    /**
     * Extends a checkpoint, which is the new one's from now on; when this fails it stays the caller's.
     *
     * @param base the checkpoint
     * @param architecture its architecture
     * @param vocabulary the extended vocabulary
     * @throws ArgotException if the embedding is not found
     */
    public ExtendedCheckpoint(Checkpoint base, Architecture architecture, ExtendedVocabulary vocabulary) {
        super(base);
        this.vocabulary = vocabulary;
        int old = architecture.vocabularySize();
        int rows = Math.max(old, vocabulary.firstId() + vocabulary.pieces().size());
        Map<String, @Nullable Object> values = new LinkedHashMap<>(base.config().values());
        if (!values.containsKey(SIZE)) {
            throw new ArgotException(base.location() + ": expected '" + SIZE + "' in the configuration to extend it.");
        }
        values.put(SIZE, (long) rows);
        values.computeIfPresent(DECODER_SIZE, (key, size) -> Long.valueOf(old).equals(size) ? (Object) (long) rows : size);
        this.config = new Config(base.config().file(), values);
        this.parameters = Collections.unmodifiableSet(parameters(architecture, old));
        Map<String, StoredTensor> extended = new LinkedHashMap<>(base.tensors());
        for (String parameter : parameters) {
            StoredTensor tensor = WeightBinding.find(parameter, architecture.prefix(), base.tensors())
                    .orElseThrow(
                            () -> new ArgotException(base.location() + ": the tensor '" + parameter + "' is missing."));
            extended.put(tensor.name(), new Rows(tensor, rows, vocabulary.firstId(), vocabulary.pieces()));
        }
        for (Op.Parameter parameter : architecture.graph().parameters()) {
            if (architecture.buffers().contains(parameter.name())
                    && parameter.shape().getLast() == old) { // a bias of BART's logits, where there is one
                WeightBinding.find(parameter.name(), architecture.prefix(), base.tensors())
                        .ifPresent(tensor -> extended.put(
                                tensor.name(), new Rows(tensor, rows, vocabulary.firstId(), vocabulary.pieces())));
            }
        }
        this.tensors = Collections.unmodifiableMap(extended);
    }

    /** The parameters with a row for each token: the embedding, and matrix and bias of the head. */
    private static Set<String> parameters(Architecture architecture, int size) {
        var names = new LinkedHashSet<String>();
        for (Node node : architecture.graph().nodes()) {
            if (node.op() instanceof Op.Embedding
                    && node.inputs().get(1).op() instanceof Op.Input input
                    && input.name().equals("input_ids")) {
                add(node.inputs().getFirst(), size, names);
            } else if (node.op() instanceof Op.Linear && node.block().isEmpty()) {
                for (Node operand : node.inputs().subList(1, node.inputs().size())) {
                    add(operand, size, names);
                }
            }
        }
        if (names.isEmpty()) {
            throw new ArgotException("The graph of a " + architecture.modelType() + " has no embedding of " + size
                    + " tokens that could be extended.");
        }
        return names;
    }

    private static void add(Node node, int size, Set<String> names) {
        if (node.op() instanceof Op.Parameter parameter && parameter.shape().getFirst() == size) {
            names.add(parameter.name());
        }
    }

    /** The parameters that have new rows. */
    public Set<String> extendedParameters() {
        return parameters;
    }

    /** The first new row; there are as many as {@link ExtendedVocabulary#pieces()}. */
    public int firstRow() {
        return vocabulary.firstId();
    }

    @Override
    public Config config() {
        return config;
    }

    @Override
    public Map<String, StoredTensor> tensors() {
        return tensors;
    }

    @Override
    public TokenizerData tokenizer() {
        return vocabulary.data();
    }

    /**
     * A tensor with further rows.
     *
     * @param tensor [V, H], [V], or [1, V]
     * @param count rows there are in the end; at least as many as the tensor has
     * @param first the first row that is a mean; rows between the tensor's and this one are 0
     * @param pieces for each new row the old rows it is the mean of
     */
    private record Rows(StoredTensor tensor, int count, int first, List<int[]> pieces) implements StoredTensor {
        @Override
        public String name() {
            return tensor.name();
        }

        @Override
        public ElementType type() {
            return tensor.type() == ElementType.BLOCK_QUANTISED ? ElementType.FLOAT32 : tensor.type();
        }

        @Override
        public List<Long> shape() {
            var shape = new ArrayList<>(tensor.shape());
            shape.set(tokens(), (long) count);
            return shape;
        }

        /** The dimension that counts tokens. */
        private int tokens() {
            return tensor.shape().size() == 2 && tensor.shape().getFirst() == 1 ? 1 : 0;
        }

        @Override
        public Optional<ByteBuffer> mapped() {
            return Optional.empty();
        }

        private int width() {
            return Math.toIntExact(tensor.elements() / tensor.shape().get(tokens()));
        }

        @Override
        public void toFloat32(long from, FloatBuffer target) {
            Objects.checkFromIndexSize(from, target.remaining(), elements());
            int width = width();
            int end = target.limit();
            long old = Math.min(tensor.elements(), (long) first * width);
            long position = from;
            if (position < old) {
                int n = (int) Math.min(old - position, target.remaining());
                tensor.toFloat32(position, target.limit(target.position() + n));
                target.limit(end);
                position += n;
            }
            while (target.hasRemaining()) {
                int row = (int) (position / width);
                int column = (int) (position % width);
                int n = Math.min(width - column, target.remaining());
                target.put(row(row, width), column, n);
                position += n;
            }
        }

        private float[] row(int row, int width) {
            var result = new float[width];
            boolean added = row >= first && row < first + pieces.size();
            if (!added) {
                if ((long) row * width < tensor.elements()) {
                    tensor.toFloat32((long) row * width, FloatBuffer.wrap(result));
                }
                return result;
            }
            int[] ids = pieces.get(row - first);
            var one = new float[width];
            for (int id : ids) {
                tensor.toFloat32((long) id * width, FloatBuffer.wrap(one));
                for (int j = 0; j < width; j++) {
                    result[j] += one[j] / ids.length;
                }
            }
            return result;
        }
    }
}
