package dev.argot.models.family;

import dev.argot.api.EmbeddingModel;
import dev.argot.api.MaskedModel;
import dev.argot.api.Model;
import dev.argot.api.QuestionAnswerer;
import dev.argot.api.SequenceClassifier;
import dev.argot.api.TokenClassifier;
import dev.argot.spi.Architecture;
import dev.argot.spi.Config;
import dev.argot.spi.graph.GraphBuilder;
import dev.argot.spi.graph.Node;
import dev.argot.spi.graph.Op;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The ends of an encoder that are the same in every family: classifiers, losses, outputs. Reference: Hugging Face
 * {@code BertForSequenceClassification} and its like.
 */
final class EncoderHead {
    /** What the model is for, by the class name in {@code architectures}. */
    enum Task {
        MASKED_TOKENS,
        SEQUENCES,
        TOKENS,
        SPANS,
        NONE
    }

    private final GraphBuilder g;
    private final Config config;
    private final Dimensions d;
    private final String prefix;
    private final Node hidden;

    /**
     * After the encoder.
     *
     * @param prefix what checkpoints of the bare base model leave out
     * @param hidden [B, T, H], the encoder's result; becomes {@code last_hidden_state}
     */
    EncoderHead(GraphBuilder g, Config config, Dimensions d, String prefix, Node hidden) {
        this.g = g;
        this.config = config;
        this.d = d;
        this.prefix = prefix;
        this.hidden = hidden;
        g.output("last_hidden_state", hidden);
    }

    /**
     * What the model is for. A configuration that does not say so is that of a bare encoder.
     *
     * @param pretraining what {@code …ForPreTraining} is in the family
     */
    static Task task(Config config, Task pretraining) {
        List<@Nullable Object> architectures = config.list("architectures");
        if (architectures.isEmpty()) {
            return Task.NONE;
        }
        String name = String.valueOf(architectures.getFirst());
        int head = name.indexOf("For");
        return switch (head < 0 ? "" : name.substring(head)) {
            case "ForMaskedLM" -> Task.MASKED_TOKENS;
            case "ForPreTraining" -> pretraining;
            case "ForSequenceClassification" -> Task.SEQUENCES;
            case "ForTokenClassification" -> Task.TOKENS;
            case "ForQuestionAnswering" -> Task.SPANS;
            case "" -> Task.NONE;
            default ->
                throw config.error(
                        "architectures",
                        "expected a class that ends in ForMaskedLM, ForPreTraining, ForSequenceClassification,"
                                + " ForTokenClassification, ForQuestionAnswering or Model, found '" + name + "'");
        };
    }

    /** Whether the logits of masked tokens are made with the token embedding. */
    static boolean tied(Config config) {
        return config.flag("tie_word_embeddings", true);
    }

    /** Whether a bare encoder has its pooler, if the family has one; checkpoints with another head may lack its weights. */
    static boolean hasPooler(Config config) {
        return config.flag("add_pooling_layer", true);
    }

    /** Names of the classes: those of {@code id2label}, else as many as {@code num_labels}, else two. */
    static List<String> labels(Config config) {
        Map<String, @Nullable Object> byId = config.object("id2label").values();
        int count = byId.isEmpty() ? config.size("num_labels", 2) : byId.size();
        var labels = new ArrayList<String>();
        for (int i = 0; i < count; i++) {
            Object label = byId.isEmpty() ? "LABEL_" + i : byId.get("" + i);
            if (!(label instanceof String name)) {
                throw config.error("id2label", "expected a text for each of 0 to " + (count - 1) + ", found " + byId);
            }
            labels.add(name);
        }
        return labels;
    }

    /** The first token's vector, [B, H]. */
    Node first() {
        return g.pool(Op.Pool.Kind.FIRST, hidden, g.attentionMask());
    }

    /**
     * A model that guesses hidden tokens.
     *
     * @param logits [B, T, V]
     */
    Architecture maskedTokens(Node logits) {
        return scoredTokens(MaskedModel.class, logits, List.of());
    }

    private Architecture scoredTokens(Class<? extends Model> kind, Node logits, List<String> labels) {
        g.output("logits", logits);
        g.output("loss", g.tokenLoss(logits, g.labels()));
        return architecture(kind, labels);
    }

    /**
     * A classifier of tokens, whose last layer is {@code classifier}.
     *
     * @param x [B, T, H], what the last layer takes
     */
    Architecture tokens(Node x) {
        List<String> labels = labels(config);
        return scoredTokens(TokenClassifier.class, g.linear("classifier", x, labels.size(), true), labels);
    }

    /**
     * A classifier of rows. The loss follows {@code problem_type}; without one, a single label is a number to be guessed, and of several
     * labels one is right.
     *
     * @param name the last layer's name, such as {@code "classifier"}
     * @param pooled [B, H], what the last layer takes
     */
    Architecture sequences(String name, Node pooled) {
        List<String> labels = labels(config);
        Node logits = g.linear(name, pooled, labels.size(), true); // [B, C]
        g.output("logits", logits);
        String absent = labels.size() == 1 ? "regression" : "single_label_classification";
        String problem = config.string("problem_type", absent);
        g.output("loss", switch (problem) {
            case "regression" -> g.squaredLoss(logits);
            case "single_label_classification" -> g.tokenLoss(logits, g.rowLabels());
            case "multi_label_classification" -> g.binaryLoss(logits);
            default ->
                throw config.error(
                        "problem_type",
                        "expected regression, single_label_classification or multi_label_classification, found '"
                                + problem + "'");
        });
        return architecture(SequenceClassifier.class, labels);
    }

    /**
     * Extractive question answering.
     *
     * @param name the last layer's name, such as {@code "qa_outputs"}
     * @param x [B, T, H], what the last layer takes
     */
    Architecture spans(String name, Node x) {
        Node logits = g.linear(name, x, 2, true); // [B, T, 2]
        g.output("logits", logits);
        g.output("loss", g.spanLoss(logits));
        return architecture(QuestionAnswerer.class, List.of());
    }

    /**
     * No head.
     *
     * @param pooled [B, H], the result of the family's pooler, or null if it has none
     */
    Architecture none(@Nullable Node pooled) {
        if (pooled != null) {
            g.output("pooler_output", pooled);
        }
        return architecture(EmbeddingModel.class, List.of());
    }

    private Architecture architecture(Class<? extends Model> kind, List<String> labels) {
        return new Architecture(
                config.string("model_type"),
                kind,
                g.build(),
                prefix,
                d.layers(),
                d.hidden(),
                d.vocabulary(),
                d.context(),
                Set.of(),
                labels);
    }
}
