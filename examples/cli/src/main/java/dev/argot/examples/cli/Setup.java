package dev.argot.examples.cli;

import dev.argot.api.Argot;
import dev.argot.api.ArgotOptions;
import dev.argot.api.CausalModel;
import dev.argot.api.Device;
import dev.argot.api.EmbeddingModel;
import dev.argot.api.GenerativeModel;
import dev.argot.api.LoadOptions;
import dev.argot.api.Model;
import dev.argot.api.Precision;
import java.io.PrintWriter;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The options every command that opens a model has. */
final class Setup {
    @Option(
            names = "--cache",
            paramLabel = "FOLDER",
            description = "Where downloads are kept. Default: $ARGOT_CACHE, else ~/.cache/argot.")
    private @Nullable Path cache;

    @Option(names = "--offline", description = "Forbid the network.")
    private boolean offline;

    @Option(
            names = "--threads",
            paramLabel = "N",
            description = "Processor threads. Default: as many as there are cores.")
    private @Nullable Integer threads;

    @Option(
            names = "--engine",
            paramLabel = "NAME",
            description = "The engine, such as pytorch or reference. Default: the best there is.")
    private @Nullable String engine;

    @Option(
            names = "--device",
            paramLabel = "DEVICE",
            description = "cpu, cuda or cuda:1. Default: a GPU the engine can use, else the processor.")
    private @Nullable Device device;

    @Option(
            names = "--precision",
            paramLabel = "PRECISION",
            description = "How weights are held: ${COMPLETION-CANDIDATES}. Default: ${DEFAULT-VALUE}.",
            defaultValue = "FLOAT32")
    private Precision precision = Precision.FLOAT32;

    boolean offline() {
        return offline;
    }

    Precision precision() {
        return precision;
    }

    /** Opens Argot; remarks go to standard error. */
    Argot open(PrintWriter err) {
        ArgotOptions options = ArgotOptions.DEFAULT.withNotices(notice -> err.println("argot: " + notice));
        if (cache != null) {
            options = options.withCache(cache);
        }
        if (threads != null) {
            options = options.withThreads(threads);
        }
        return Argot.open(options);
    }

    CausalModel load(Argot argot, String model) {
        return load(argot, model, precision);
    }

    CausalModel load(Argot argot, String model, Precision as) {
        return argot.load(CausalModel.class, model, options(as));
    }

    /** Loads a model of any kind. */
    <M extends Model> M load(Argot argot, Class<M> kind, String model) {
        return argot.load(kind, model, options(precision));
    }

    /** Loads a model that embeds: one that generates as it is, of all others only the encoder. */
    Model loadEmbedder(Argot argot, String model) {
        return GenerativeModel.class.isAssignableFrom(
                        argot.describe(model, offline).kind())
                ? load(argot, GenerativeModel.class, model)
                : load(argot, EmbeddingModel.class, model);
    }

    /** How a model is loaded. */
    LoadOptions options(Precision as) {
        LoadOptions options = LoadOptions.DEFAULT.withPrecision(as);
        if (engine != null) {
            options = options.withEngine(engine);
        }
        if (device != null) {
            options = options.withDevice(device);
        }
        if (offline) {
            options = options.withoutNetwork();
        }
        return options;
    }
}
