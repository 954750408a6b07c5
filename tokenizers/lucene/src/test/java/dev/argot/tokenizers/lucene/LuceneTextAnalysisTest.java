package dev.argot.tokenizers.lucene;

import static org.assertj.core.api.Assertions.assertThat;

import dev.argot.spi.MinHash;
import dev.argot.spi.TextAnalysisProvider;
import dev.argot.spi.TextRules;
import dev.argot.testkit.TextAnalysisContract;
import org.junit.jupiter.api.Test;

class LuceneTextAnalysisTest extends TextAnalysisContract {
    @Override
    protected TextAnalysisProvider provider() {
        return new LuceneTextAnalysisProvider();
    }

    @Test
    void signature_isTheSameOnEveryMachine() {
        assertThat(provider().open(TextRules.NONE).signature("the quick brown fox jumps", new MinHash(2, 2, 3, 1)))
                .containsExactly(-851936445, -1384918269, -1425504892, -28296864);
    }
}
