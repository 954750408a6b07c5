package dev.argot.core;

import dev.argot.api.ModelDescription;
import dev.argot.api.Precision;
import dev.argot.spi.Architecture;
import dev.argot.spi.Checkpoint;
import dev.argot.spi.StoredTensor;
import dev.argot.spi.graph.Graph;
import dev.argot.spi.graph.Node;
import dev.argot.spi.graph.Op;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/** Describes checkpoints from their metadata and graph alone. Stateless, hence thread-safe. */
final class Descriptions {
    /** Weights that share a scale and zero point at 4 bits. */
    private static final int INT4_GROUP = 32;

    private Descriptions() {}

    static ModelDescription describe(String name, Checkpoint checkpoint, Architecture architecture) {
        Graph graph = architecture.graph();
        return new ModelDescription(
                name,
                checkpoint.location().toString(),
                checkpoint.format(),
                architecture.modelType(),
                architecture.kind(),
                graph.parameterCount(),
                architecture.layers(),
                architecture.hiddenSize(),
                architecture.vocabularySize(),
                architecture.contextLength(),
                storedType(checkpoint),
                weightBytes(graph),
                cacheBytesPerToken(graph),
                graph.flopsPerToken(),
                checkpoint.licence());
    }

    /** Number format of most weights. */
    static String storedType(Checkpoint checkpoint) {
        Map<String, Long> elements = new HashMap<>();
        for (StoredTensor tensor : checkpoint.tensors().values()) {
            elements.merge(tensor.describe(), tensor.elements(), Long::sum);
        }
        return elements.entrySet().stream()
                .max(Map.Entry.<String, Long>comparingByValue()
                        .thenComparing(Map.Entry.comparingByKey(Comparator.reverseOrder())))
                .map(Map.Entry::getKey)
                .orElse("none");
    }

    /** Matrices of linear layers take what the precision gives them; with the integer ones everything else stays float32. */
    private static Map<Precision, Long> weightBytes(Graph graph) {
        Set<Op.Parameter> matrices = new HashSet<>();
        for (Node node : graph.nodes()) {
            if (node.op() instanceof Op.Linear && node.inputs().get(1).op() instanceof Op.Parameter matrix) {
                matrices.add(matrix);
            }
        }
        Map<Precision, Long> bytes = new EnumMap<>(Precision.class);
        for (Precision precision : Precision.values()) {
            long sum = 0;
            for (Op.Parameter parameter : graph.parameters()) {
                sum += bytes(parameter, matrices.contains(parameter), precision);
            }
            bytes.put(precision, sum);
        }
        return bytes;
    }

    private static long bytes(Op.Parameter parameter, boolean matrix, Precision precision) {
        long n = parameter.elements();
        return switch (precision) {
            case FLOAT32 -> 4 * n;
            case BFLOAT16, FLOAT16 -> 2 * n;
            case INT8 -> matrix ? n + 4 * parameter.shape().get(0) : 4 * n;
            case INT4 -> matrix ? n / 2 + 4 * (n / INT4_GROUP) : 4 * n;
        };
    }

    private static long cacheBytesPerToken(Graph graph) {
        long elements = 0;
        for (Node node : graph.nodes()) {
            if (node.op() instanceof Op.Attention) {
                for (Node cached : node.inputs().subList(1, 3)) { // keys, values: [B, k, S, d]
                    elements += cached.type().dimension(1) * cached.type().dimension(3);
                }
            }
        }
        return 4 * elements;
    }
}
