import org.jspecify.annotations.NullMarked;

/** Contract tests that the author of a plug-in inherits. */
@NullMarked
module dev.argot.testkit {
    requires transitive dev.argot.api;
    requires transitive dev.argot.spi;
    requires transitive org.assertj.core;
    requires transitive org.junit.jupiter.api;
    requires transitive org.junit.jupiter.params;
    requires static org.jspecify;

    exports dev.argot.testkit;

    uses dev.argot.spi.DomainProvider;
    uses dev.argot.spi.TextAnalysisProvider;
}
