package dev.argot.core.finetuning;

import dev.argot.api.ArgotException;
import dev.argot.api.SequenceClassifier;
import dev.argot.api.finetuning.FineTuningTask;
import dev.argot.core.bundle.ForwardingCheckpoint;
import dev.argot.core.bundle.HeapTensor;
import dev.argot.spi.Architecture;
import dev.argot.spi.ArchitectureProvider;
import dev.argot.spi.Checkpoint;
import dev.argot.spi.Config;
import dev.argot.spi.StoredTensor;
import dev.argot.spi.WeightBinding;
import dev.argot.spi.WeightSource;
import dev.argot.spi.graph.Graph;
import dev.argot.spi.graph.Node;
import dev.argot.spi.graph.Op;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A checkpoint with the head of a task. Weights that it has stay; those it lacks are drawn: matrices from a normal distribution of the
 * configuration's {@code initializer_range} (0.02 without one), each from a stream of its own chosen by seed and name, gains of norms 1,
 * biases 0. The last layer is drawn anew unless the checkpoint's head has the very same labels.
 *
 * @param checkpoint the files, with the configuration of the head
 * @param architecture the network with the head
 * @param weights its weights
 * @param parameters names of the head's parameters
 * @param drawn those of them that are new
 */
record Head(
        Checkpoint checkpoint,
        Architecture architecture,
        WeightSource weights,
        Set<String> parameters,
        Set<String> drawn) {
    private static final double INITIALIZER_RANGE = 0.02;

    /**
     * Puts a head on.
     *
     * @param base the files
     * @param provider describes them
     * @param task what the head is for
     * @param seed of what is drawn
     * @throws ArgotException if the family has no such head
     */
    static Head on(Checkpoint base, ArchitectureProvider provider, FineTuningTask task, long seed) {
        Architecture before = provider.describe(base.config());
        Config config = config(base.config(), provider, task, task.labels());
        Architecture architecture = provider.describe(config);
        Graph graph = architecture.graph();
        boolean same = before.kind() == task.kind()
                && (task instanceof FineTuningTask.QuestionAnswering
                        || before.labels().equals(task.labels()));
        Set<String> ofLabels = same ? Set.of() : ofLabels(architecture, base.config(), provider, task);
        Set<String> head = parameters(graph);
        Map<String, StoredTensor> drawn = new HashMap<>();
        double range = config.number("initializer_range", INITIALIZER_RANGE);
        for (Op.Parameter parameter : graph.parameters()) {
            String name = parameter.name();
            if (head.contains(name)) {
                Optional<StoredTensor> there = WeightBinding.find(name, architecture.prefix(), base.tensors());
                if (there.isEmpty() || !there.get().shape().equals(parameter.shape()) || ofLabels.contains(name)) {
                    drawn.put(name, draw(parameter, range, seed));
                }
            }
        }
        Checkpoint checkpoint = new Configured(base, config);
        WeightSource stored = WeightBinding.bind(architecture, checkpoint);
        return new Head(
                checkpoint,
                architecture,
                parameter -> {
                    StoredTensor own = drawn.get(parameter.name());
                    return own != null ? own : stored.tensor(parameter);
                },
                head,
                Set.copyOf(drawn.keySet()));
    }

    private static Config config(
            Config base, ArchitectureProvider provider, FineTuningTask task, List<String> labels) {
        var values = new LinkedHashMap<String, @Nullable Object>(base.values());
        for (String ofOtherHead : List.of("id2label", "label2id", "num_labels", "problem_type")) {
            values.remove(ofOtherHead);
        }
        if (task instanceof FineTuningTask.Classification classification) {
            values.put("problem_type", problemType(classification.outputs()));
        }
        return provider.withHead(new Config(base.file(), values), task.kind(), labels);
    }

    /** The name Hugging Face has for what outputs mean. */
    private static String problemType(SequenceClassifier.Kind outputs) {
        return switch (outputs) {
            case SINGLE_LABEL -> "single_label_classification";
            case MULTI_LABEL -> "multi_label_classification";
            case REGRESSION -> "regression";
        };
    }

    /** Parameters that do not lead to the hidden states. */
    private static Set<String> parameters(Graph graph) {
        Set<String> body = new HashSet<>();
        for (Node node : graph.neededFor(List.of("last_hidden_state"))) {
            if (node.op() instanceof Op.Parameter parameter) {
                body.add(parameter.name());
            }
        }
        var head = new LinkedHashSet<String>();
        for (Node node : graph.neededFor(List.of("loss"))) {
            if (node.op() instanceof Op.Parameter parameter && !body.contains(parameter.name())) {
                head.add(parameter.name());
            }
        }
        return head;
    }

    /** Parameters whose shape depends on the number of labels: those that differ with one more. */
    private static Set<String> ofLabels(
            Architecture architecture, Config base, ArchitectureProvider provider, FineTuningTask task) {
        if (task instanceof FineTuningTask.QuestionAnswering) {
            return Set.of();
        }
        var more = new ArrayList<>(task.labels());
        more.add("\0");
        Map<String, List<Long>> shapes = new HashMap<>();
        provider.describe(config(base, provider, task, more))
                .graph()
                .parameters()
                .forEach(parameter -> shapes.put(parameter.name(), parameter.shape()));
        var differing = new HashSet<String>();
        for (Op.Parameter parameter : architecture.graph().parameters()) {
            if (!parameter.shape().equals(shapes.get(parameter.name()))) {
                differing.add(parameter.name());
            }
        }
        return differing;
    }

    private static StoredTensor draw(Op.Parameter parameter, double range, long seed) {
        var values = new float[Math.toIntExact(parameter.elements())];
        if (parameter.shape().size() > 1) {
            var random = new Random(seed * 0x9E3779B97F4A7C15L + parameter.name().hashCode());
            for (int i = 0; i < values.length; i++) {
                values[i] = (float) (range * random.nextGaussian());
            }
        } else if (parameter.name().endsWith("weight")) {
            Arrays.fill(values, 1);
        }
        return new HeapTensor(parameter.name(), parameter.shape(), values);
    }

    /** A checkpoint with another configuration. */
    private static final class Configured extends ForwardingCheckpoint {
        private final Config config;

        Configured(Checkpoint base, Config config) {
            super(base);
            this.config = config;
        }

        @Override
        public Config config() {
            return config;
        }
    }
}
