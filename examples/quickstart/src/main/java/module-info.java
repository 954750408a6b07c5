import org.jspecify.annotations.NullMarked;

/** Small programs: adapt a model, classify by few exemplars, extract a record, answer from passages. */
@NullMarked
module dev.argot.examples.quickstart {
    requires dev.argot.api;
    requires static org.jspecify;

    exports dev.argot.examples.quickstart;
}
