package dev.argot.examples.cli;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.argot.api.Argot;
import dev.argot.api.ArgotException;
import dev.argot.api.Document;
import dev.argot.api.Embedder;
import dev.argot.api.EmbeddingModel;
import dev.argot.api.GenerativeModel;
import dev.argot.api.Model;
import dev.argot.api.corpus.CorpusSource;
import dev.argot.api.corpus.CorpusSource.Layout;
import dev.argot.api.retrieval.Passage;
import dev.argot.api.retrieval.Retriever;
import dev.argot.api.retrieval.RetrieverSpec;
import dev.argot.api.retrieval.RetrieverSpec.Method;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Finds passages of documents. */
@Command(
        name = "search",
        description =
                "Find passages of documents: print score, place and text of each, best first. Without --model by their"
                        + " words (BM25), with it by words and embeddings.")
final class SearchCommand implements Callable<Integer> {
    @Option(names = "--query", paramLabel = "TEXT", required = true, description = "What is looked for, in words.")
    private String query = "";

    @Option(
            names = "--corpus",
            paramLabel = "PATH",
            arity = "1..*",
            description =
                    "Files, folders or globs: plain text or JSON lines, compressed with gzip or not. Default: the sample"
                            + " documents of the domain.")
    private List<String> corpus = List.of();

    @Option(
            names = "--domain",
            paramLabel = "NAME",
            description = "Keep the terms of this domain whole, and expand its abbreviations.")
    private @Nullable String domain;

    @Option(names = "--model", paramLabel = "MODEL", description = "Embed passages and query with this model.")
    private @Nullable String model;

    @Option(names = "--embeddings-only", description = "With --model: do not look at words.")
    private boolean embeddingsOnly;

    @Option(
            names = "--passage-words",
            paramLabel = "N",
            defaultValue = "120",
            description = "About how many words a passage has. Default: ${DEFAULT-VALUE}.")
    private int passageWords = 120;

    @Option(
            names = "--top",
            paramLabel = "N",
            defaultValue = "5",
            description = "The most passages. Default: ${DEFAULT-VALUE}.")
    private int top = 5;

    @Option(names = "--json", description = "Print one JSON object as the last line.")
    private boolean json;

    @Mixin
    private Setup setup = new Setup();

    @Spec
    @SuppressWarnings("NullAway.Init") // set by picocli
    private CommandSpec spec;

    @Override
    public Integer call() throws IOException {
        Numbers.atLeastOne(spec, "--top", top);
        if (passageWords < 10) {
            throw new ParameterException(
                    spec.commandLine(), "--passage-words: expected at least 10, found " + passageWords);
        }
        if (corpus.isEmpty() && domain == null) {
            throw new ParameterException(spec.commandLine(), "expected --corpus or --domain, found neither");
        }
        if (embeddingsOnly && model == null) {
            throw new ParameterException(spec.commandLine(), "--embeddings-only: expected --model, found none");
        }
        try (Argot argot = setup.open(spec.commandLine().getErr())) {
            if (model == null) {
                search(argot, new Method.Words());
            } else {
                String name = model;
                try (Model loaded = setup.load(argot, kind(argot, name), name)) {
                    if (!(loaded instanceof Embedder embedder)) {
                        throw new ArgotException(name + " is a "
                                + loaded.description().kind().getSimpleName() + ", which does not embed.");
                    }
                    search(argot, embeddingsOnly ? new Method.Embeddings(embedder) : new Method.Both(embedder));
                }
            }
        }
        return 0;
    }

    /** Generating models embed as they are; of all others only the encoder is loaded. */
    private Class<? extends Model> kind(Argot argot, String name) {
        return GenerativeModel.class.isAssignableFrom(
                        argot.describe(name, setup.offline()).kind())
                ? GenerativeModel.class
                : EmbeddingModel.class;
    }

    private void search(Argot argot, Method method) throws IOException {
        List<Document> documents = documents(argot);
        if (documents.isEmpty()) {
            throw new ArgotException("expected documents to search, found none");
        }
        RetrieverSpec search =
                RetrieverSpec.of(documents).withPassageWords(passageWords).withMethod(method);
        try (Retriever retriever = argot.retriever(domain == null ? search : search.withDomain(domain))) {
            print(spec.commandLine().getOut(), documents.size(), retriever.retrieve(query, top));
        }
    }

    private List<Document> documents(Argot argot) {
        if (!corpus.isEmpty()) {
            return argot.documents(new CorpusSource(corpus, Layout.BY_NAME, "", ""));
        }
        return domain == null ? List.of() : argot.domain(domain).samples();
    }

    private void print(PrintWriter out, int documents, List<Passage> passages) throws IOException {
        if (!json) {
            for (Passage passage : passages) {
                out.printf(
                        Locale.ROOT,
                        "%.4f\t%s\t%s%n",
                        passage.score(),
                        passage.id(),
                        passage.text().replaceAll("\\s+", " "));
            }
            return;
        }
        Json.print(out, j -> {
            j.writeStringField("query", query);
            j.writeNumberField("documents", documents);
            write(j, passages);
        });
    }

    /** Writes passages as a field of that name. */
    static void write(JsonGenerator j, List<Passage> passages) throws IOException {
        j.writeArrayFieldStart("passages");
        for (Passage passage : passages) {
            j.writeStartObject();
            j.writeStringField("id", passage.id());
            j.writeStringField("document", passage.document());
            j.writeStringField("source", passage.source());
            j.writeNumberField("start", passage.start());
            j.writeNumberField("end", passage.end());
            j.writeNumberField("score", passage.score());
            j.writeStringField("text", passage.text());
            j.writeEndObject();
        }
        j.writeEndArray();
    }
}
