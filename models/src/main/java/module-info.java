import org.jspecify.annotations.NullMarked;

/** What open checkpoints are: sources, file formats, and one readable file for each model family. */
@NullMarked
module dev.argot.models {
    requires com.fasterxml.jackson.databind;
    requires dev.argot.spi;
    requires static org.jspecify;

    provides dev.argot.spi.ArchitectureProvider with
            dev.argot.models.family.HuggingFaceArchitectures;
}
