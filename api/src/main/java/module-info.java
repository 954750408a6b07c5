import org.jspecify.annotations.NullMarked;

/**
 * What an application sees of Argot: models, tokenizers, decoding, evaluation and errors.
 *
 * <p>The runtime behind these types is found through {@link java.util.ServiceLoader}: put {@code argot-core}, a checkpoint, tokenizer
 * and engine module beside this one (the {@code argot} starter artifact holds them all).
 */
@NullMarked
module dev.argot.api {
    requires static transitive org.jspecify;

    exports dev.argot.api;
    exports dev.argot.api.adaptation;
    exports dev.argot.api.chat;
    exports dev.argot.api.corpus;
    exports dev.argot.api.evaluation;
    exports dev.argot.api.finetuning;
    exports dev.argot.api.prompt;
    exports dev.argot.api.retrieval;

    uses dev.argot.api.ArgotRuntime;
}
