package dev.argot.core.encoding;

import dev.argot.api.ArgotException;
import dev.argot.api.EmbeddingOptions;
import dev.argot.api.EmbeddingOptions.Pooling;
import dev.argot.api.EncodeOptions;
import dev.argot.api.EncodeOptions.Truncation;
import dev.argot.api.Encoding;
import dev.argot.api.EngineException;
import dev.argot.api.Tokenizer;
import dev.argot.spi.CompiledModel;
import dev.argot.spi.SentenceSettings;
import dev.argot.spi.graph.Graph;
import dev.argot.spi.graph.Rewrites;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Function;
import java.util.stream.Stream;

/**
 * Embeds texts: pools the hidden states of a model of any family, in the engine, so that only one vector of each text leaves it.
 * Reference: Reimers and Gurevych 2019, and the library sentence-transformers. Thread-safe.
 */
public final class TextEmbedder {
    private final Function<String, CompiledModel> models;
    private final Tokenizer tokenizer;
    private final int contextLength;
    private final Optional<SentenceSettings> settings;
    private final Pooling pooling;

    /**
     * An embedder.
     *
     * @param models gives the model with only the output of this name, one of {@link #graph}
     * @param tokenizer its tokenizer
     * @param contextLength the most tokens it reads
     * @param settings what its sentence-transformers files say
     * @param pooling how it is pooled where nothing says so
     */
    public TextEmbedder(
            Function<String, CompiledModel> models,
            Tokenizer tokenizer,
            int contextLength,
            Optional<SentenceSettings> settings,
            Pooling pooling) {
        this.models = models;
        this.tokenizer = tokenizer;
        this.contextLength = contextLength;
        this.settings = settings;
        this.pooling = pooling;
    }

    /**
     * The graph that gives pooled vectors alone.
     *
     * @param graph a model's graph
     * @param output such as {@code "mean_pooled_l2"}
     */
    public static Graph graph(Graph graph, String output) {
        return Rewrites.keeping(Rewrites.pooled(graph), List.of(output));
    }

    /**
     * Embeds texts.
     *
     * @param texts untrusted texts, of any lengths; what is longer than allowed is cut at its end
     * @param options pooling, normalisation, length
     * @return a vector for each text, in order
     * @throws ArgotException if the files ask for a pooling that is not supported, and the options for none
     */
    public List<float[]> embedAll(List<String> texts, EmbeddingOptions options) {
        String output =
                switch (pooling(options)) {
                            case MEAN -> "mean_pooled";
                            case FIRST -> "first_pooled";
                            case LAST -> "last_pooled";
                        }
                        + (options.normalised() ? "_l2" : "");
        EncodeOptions encoding = EncodeOptions.DEFAULT.withTruncation(Truncation.to(maxTokens(options)));
        boolean lowerCase = settings.isPresent() && settings.get().lowerCase();
        List<TokenRow> rows = texts.parallelStream()
                .map(text -> row(tokenizer.encode(lowerCase ? text.toLowerCase(Locale.ROOT) : text, encoding)))
                .toList();
        var vectors = new float[texts.size()][];
        if (rows.isEmpty()) {
            return List.of();
        }
        int pad = tokenizer.specialTokens().pad().orElse(0);
        TokenBatches.run(models.apply(output), pad, rows, List.of(output), (batch, outputs) -> {
            float[] pooled = TokenBatches.floats(outputs, output);
            int width = pooled.length / batch.length;
            for (int i = 0; i < batch.length; i++) {
                vectors[batch[i]] = checked(Arrays.copyOfRange(pooled, i * width, (i + 1) * width));
            }
        });
        return List.of(vectors);
    }

    private Pooling pooling(EmbeddingOptions options) {
        if (options.pooling().isPresent()) {
            return options.pooling().get();
        }
        Optional<String> unsupported = settings.flatMap(SentenceSettings::unsupported);
        if (unsupported.isPresent()) {
            throw new ArgotException(unsupported.get() + ", which is not supported. Choose another pooling for this model"
                    + " (EmbeddingOptions.withPooling); its vectors will not be those it was trained for.");
        }
        return settings.flatMap(SentenceSettings::pooling).orElse(pooling);
    }

    private int maxTokens(EmbeddingOptions options) {
        OptionalInt stated = settings.isPresent() ? settings.get().maxTokens() : OptionalInt.empty();
        int wanted = options.maxTokens().orElse(stated.orElse(contextLength));
        return Math.min(wanted, contextLength);
    }

    /** A text without tokens is read as what begins or ends a text. */
    private TokenRow row(Encoding encoding) {
        if (encoding.size() > 0) {
            return TokenRow.of(encoding);
        }
        var special = tokenizer.specialTokens();
        int id = Stream.of(special.bos(), special.cls(), special.eos(), special.pad())
                .flatMapToInt(OptionalInt::stream)
                .findFirst()
                .orElse(0);
        return new TokenRow(new int[] {id}, new int[1]);
    }

    private static float[] checked(float[] vector) {
        for (float x : vector) {
            if (!Float.isFinite(x)) {
                throw new EngineException("An embedding holds " + x
                        + ", expected finite numbers. The weights may be damaged, or overflow in half precision: try float32.");
            }
        }
        return vector;
    }
}
