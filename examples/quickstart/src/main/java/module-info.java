import org.jspecify.annotations.NullMarked;

/** The smallest program: open, load, complete. */
@NullMarked
module dev.argot.examples.quickstart {
    requires dev.argot.api;
    requires static org.jspecify;
}
