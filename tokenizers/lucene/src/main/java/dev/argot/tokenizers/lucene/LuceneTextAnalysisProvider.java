package dev.argot.tokenizers.lucene;

import dev.argot.spi.TextAnalysis;
import dev.argot.spi.TextAnalysisProvider;
import dev.argot.spi.TextRules;

/** Text analysis with the tokenizer and the synonym graph of Apache Lucene. */
public final class LuceneTextAnalysisProvider implements TextAnalysisProvider {
    /** Called by {@link java.util.ServiceLoader}. */
    public LuceneTextAnalysisProvider() {}

    @Override
    public String name() {
        return "lucene";
    }

    @Override
    public TextAnalysis open(TextRules rules) {
        return new LuceneTextAnalysis(rules);
    }
}
