import org.jspecify.annotations.NullMarked;

/** Text analysis and search with Apache Lucene. */
@NullMarked
module dev.argot.tokenizers.lucene {
    requires dev.argot.spi;
    requires org.apache.lucene.analysis.common;
    requires org.apache.lucene.core;
    requires static org.jspecify;

    provides dev.argot.spi.SearchIndexProvider with
            dev.argot.tokenizers.lucene.LuceneSearchIndexProvider;
    provides dev.argot.spi.TextAnalysisProvider with
            dev.argot.tokenizers.lucene.LuceneTextAnalysisProvider;
}
