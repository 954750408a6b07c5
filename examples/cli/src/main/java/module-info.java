import org.jspecify.annotations.NullMarked;

/** The command line, written as a stranger to the library would write it. */
@NullMarked
module dev.argot.examples.cli {
    requires com.fasterxml.jackson.core;
    requires dev.argot.api;
    requires info.picocli;
    requires static org.jspecify;

    opens dev.argot.examples.cli to
            info.picocli;
}
