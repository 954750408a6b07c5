package dev.argot.api;

/**
 * An encoder without head, to embed texts. A masked language model's or a task head's checkpoint can be loaded as one, too; its head is left
 * out.
 *
 * {@snippet class="dev.argot.conformance.Snippets" region="embed"}
 */
public non-sealed interface EmbeddingModel extends Model, Embedder {}
