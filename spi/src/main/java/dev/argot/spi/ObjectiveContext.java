package dev.argot.spi;

import dev.argot.api.Tokenizer;
import java.util.List;

/**
 * What an objective may build on.
 *
 * @param tokenizer the model's tokenizer
 * @param vocabularySize rows of the model's token embedding; ids are below it
 * @param terms terms of the domain, as its vocabulary spells them; empty without a domain
 */
public record ObjectiveContext(Tokenizer tokenizer, int vocabularySize, List<String> terms) {
    /** Copies the list. */
    public ObjectiveContext {
        terms = List.copyOf(terms);
    }
}
