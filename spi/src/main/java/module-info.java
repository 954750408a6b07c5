import org.jspecify.annotations.NullMarked;

/**
 * What a plug-in implements: engines, architectures, checkpoint formats, model sources, tokenizers, text analysis and domains; and the
 * model graph, in which an architecture is described once for every engine.
 *
 * <p>A provider has a public constructor without arguments and is declared in its module's descriptor <em>and</em> in
 * {@code META-INF/services}, so that it is found on the module path and on the class path.
 */
@NullMarked
module dev.argot.spi {
    requires transitive dev.argot.api;
    requires static transitive org.jspecify;

    exports dev.argot.spi;
    exports dev.argot.spi.graph;
}
