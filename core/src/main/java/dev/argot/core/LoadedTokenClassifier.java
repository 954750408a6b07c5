package dev.argot.core;

import dev.argot.api.TokenClassifier;
import dev.argot.core.encoding.WordTagger;
import java.util.List;

/** An encoder that tags words, on an engine. Thread-safe: calls run side by side; closing waits for them. */
final class LoadedTokenClassifier extends LoadedModel implements TokenClassifier {
    private final List<String> labels;
    private final WordTagger tagger;

    /**
     * A model that owns its checkpoint and compiled model from now on.
     *
     * @param parts what it is made of
     */
    LoadedTokenClassifier(Parts parts) {
        super(parts);
        this.labels = parts.architecture().labels();
        this.tagger = new WordTagger(
                parts.compiled(), parts.tokenizer(), parts.description().contextLength(), labels);
    }

    @Override
    public List<String> labels() {
        return labels;
    }

    @Override
    public List<List<Entity>> entitiesAll(List<String> texts) {
        return whileOpen(() -> tagger.entities(texts));
    }

    @Override
    public List<List<String>> tagWords(List<List<String>> texts) {
        return whileOpen(() -> tagger.tag(texts));
    }
}
