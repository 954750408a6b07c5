package dev.argot.core.adaptation;

import dev.argot.api.Argot;
import dev.argot.api.Document;
import dev.argot.api.LoadOptions;
import dev.argot.api.Model;
import dev.argot.api.Tokenizer;
import dev.argot.api.corpus.CorpusSource;
import dev.argot.spi.AdapterFormatProvider;
import dev.argot.spi.Architecture;
import dev.argot.spi.ArchitectureProvider;
import dev.argot.spi.Checkpoint;
import dev.argot.spi.CheckpointFormatProvider;
import dev.argot.spi.CompiledModel;
import dev.argot.spi.Engine;
import dev.argot.spi.ObjectiveProvider;
import dev.argot.spi.TokenizerData;
import dev.argot.spi.TokenizerProvider;
import java.time.InstantSource;
import java.util.List;
import java.util.stream.Stream;

/** What an adaptation or a fine-tuning needs of the runtime. Thread-safe. */
public interface Workshop {
    /** What applications see: domains, curation, evaluation, reports. */
    Argot argot();

    /**
     * Opens a model's files.
     *
     * @param name the model's name
     * @param offline whether the network is forbidden
     */
    Checkpoint open(String name, boolean offline);

    /**
     * Describes a model.
     *
     * @param checkpoint its files
     */
    Architecture architecture(Checkpoint checkpoint);

    /**
     * Finds who describes a model.
     *
     * @param checkpoint its files
     */
    ArchitectureProvider architectures(Checkpoint checkpoint);

    /**
     * Finds who makes a tokenizer.
     *
     * @param data what it is made from
     */
    TokenizerProvider tokenizers(TokenizerData data);

    /**
     * The engine for these options.
     *
     * @param options engine and device
     */
    Engine engine(LoadOptions options);

    /**
     * A model to measure. Closing it closes what was compiled, and nothing else.
     *
     * @param name the model's name
     * @param checkpoint its files
     * @param architecture its architecture
     * @param tokenizer its tokenizer
     * @param compiled what runs it
     * @param options how it was loaded
     */
    Model model(
            String name,
            Checkpoint checkpoint,
            Architecture architecture,
            Tokenizer tokenizer,
            CompiledModel compiled,
            LoadOptions options);

    /**
     * Finds who makes an objective.
     *
     * @param name its name
     */
    ObjectiveProvider objectives(String name);

    /**
     * What the decoder of an encoder-decoder reads first.
     *
     * @param checkpoint the model's files
     * @param tokenizer its tokenizer
     */
    int decoderStart(Checkpoint checkpoint, Tokenizer tokenizer);

    /** The format that models and training states are written in. */
    CheckpointFormatProvider checkpointFormat();

    /** The format that adapters are written in. */
    AdapterFormatProvider adapterFormat();

    /**
     * Reads documents; the caller closes the stream.
     *
     * @param sources where they are read from
     */
    Stream<Document> documents(List<CorpusSource> sources);

    /** Processor threads for one operation. */
    int threads();

    /** The time. */
    InstantSource clock();
}
