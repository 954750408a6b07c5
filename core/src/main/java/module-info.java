import dev.argot.api.ArgotRuntime;
import dev.argot.core.CoreRuntime;
import dev.argot.core.corpus.Boilerplate;
import dev.argot.core.corpus.Decontamination;
import dev.argot.core.corpus.ExactDuplicates;
import dev.argot.core.corpus.HarmfulContent;
import dev.argot.core.corpus.JsonLinesReader;
import dev.argot.core.corpus.Length;
import dev.argot.core.corpus.NearDuplicates;
import dev.argot.core.corpus.ParagraphsReader;
import dev.argot.core.corpus.PersonalData;
import dev.argot.core.corpus.PlainTextReader;
import dev.argot.core.corpus.Quality;
import dev.argot.core.corpus.Relevance;
import dev.argot.core.corpus.Repetition;
import dev.argot.core.objective.CausalLanguage;
import dev.argot.core.objective.MaskedLanguage;
import dev.argot.core.objective.SpanCorruption;
import dev.argot.spi.AdapterFormatProvider;
import dev.argot.spi.ArchitectureProvider;
import dev.argot.spi.CheckpointFormatProvider;
import dev.argot.spi.CorpusReaderProvider;
import dev.argot.spi.CurationStepProvider;
import dev.argot.spi.DomainProvider;
import dev.argot.spi.EngineProvider;
import dev.argot.spi.ModelSourceProvider;
import dev.argot.spi.ObjectiveProvider;
import dev.argot.spi.SearchIndexProvider;
import dev.argot.spi.TextAnalysisProvider;
import dev.argot.spi.TokenizerProvider;
import org.jspecify.annotations.NullMarked;

/** The runtime behind the API: finds plug-ins, renders prompts, decodes, adapts, evaluates and reports. */
@NullMarked
module dev.argot.core {
    requires com.fasterxml.jackson.core;
    requires com.fasterxml.jackson.databind;
    requires com.github.benmanes.caffeine;
    requires dev.argot.api;
    requires dev.argot.spi;
    requires java.management;
    requires jdk.management;
    requires static org.jspecify;

    provides ArgotRuntime with
            CoreRuntime;
    provides CorpusReaderProvider with
            JsonLinesReader,
            ParagraphsReader,
            PlainTextReader;
    provides CurationStepProvider with
            Boilerplate,
            Decontamination,
            ExactDuplicates,
            HarmfulContent,
            Length,
            NearDuplicates,
            PersonalData,
            Quality,
            Relevance,
            Repetition;
    provides ObjectiveProvider with
            CausalLanguage,
            MaskedLanguage,
            SpanCorruption;

    uses AdapterFormatProvider;
    uses ArchitectureProvider;
    uses CheckpointFormatProvider;
    uses CorpusReaderProvider;
    uses CurationStepProvider;
    uses DomainProvider;
    uses EngineProvider;
    uses ModelSourceProvider;
    uses ObjectiveProvider;
    uses SearchIndexProvider;
    uses TextAnalysisProvider;
    uses TokenizerProvider;
}
