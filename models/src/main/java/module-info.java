import org.jspecify.annotations.NullMarked;

/** What open checkpoints are: sources, file formats, and one readable file for each model family. */
@NullMarked
module dev.argot.models {
    requires com.fasterxml.jackson.core;
    requires dev.argot.spi;
    requires java.net.http;
    requires static org.jspecify;

    provides dev.argot.spi.AdapterFormatProvider with
            dev.argot.models.format.PeftFormat;
    provides dev.argot.spi.ArchitectureProvider with
            dev.argot.models.family.HuggingFaceArchitectures;
    provides dev.argot.spi.CheckpointFormatProvider with
            dev.argot.models.format.HuggingFaceFormat,
            dev.argot.models.format.GgufFormat;
    provides dev.argot.spi.ModelSourceProvider with
            dev.argot.models.source.PathSource,
            dev.argot.models.source.DefaultModelSource,
            dev.argot.models.source.EmbeddedSource,
            dev.argot.models.source.HubSource;
}
