package dev.argot.core.adaptation;

import dev.argot.api.ArgotException;
import dev.argot.api.CausalModel;
import dev.argot.api.Document;
import dev.argot.api.EncodeOptions;
import dev.argot.api.Tokenizer;
import dev.argot.api.adaptation.AdaptationSpec;
import dev.argot.api.corpus.CorpusSource;
import dev.argot.api.corpus.PairSource;
import dev.argot.api.evaluation.HeldOutText;
import dev.argot.api.prompt.PromptLayout;
import dev.argot.core.bundle.Hashes;
import dev.argot.core.prompt.ChatPrompts;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The texts of a run as tokens: the domain's corpus, what is replayed, pairs; and what is held out. Documents of plain text end with the
 * token that separates documents, for models that continue texts and where the tokenizer has one.
 *
 * @param stores tokens by part of the mixture; closed with this
 * @param shares of the parts in a row's tokens
 * @param heldOut what is held out
 * @param trainTokens tokens of the domain's corpus without what is held out
 * @param checksum of all tokens
 */
record TrainingTexts(List<TokenStore> stores, double[] shares, HeldOutTexts heldOut, long trainTokens, String checksum)
        implements AutoCloseable {
    /** Documents of so many characters give their end to the held-out text, shorter ones are held out whole. */
    private static final int LONG = 20_000;

    private static final String GENERAL = "/dev/argot/core/general/";

    /**
     * Reads, splits and tokenizes.
     *
     * @param corpus the domain's documents, curated
     * @param documents reads sources
     * @param counting the original model's tokenizer, whose tokens say how much is held out
     * @param tokenizer makes the tokens
     * @param layout how rows are made of them
     * @param folder where tokens are written
     */
    static TrainingTexts prepare(
            AdaptationSpec spec,
            Stream<Document> corpus,
            Function<List<CorpusSource>, Stream<Document>> documents,
            Tokenizer counting,
            Tokenizer tokenizer,
            RowLayout layout,
            Path folder) {
        var texts = new Preparation(tokenizer, layout, folder);
        List<String> names = new ArrayList<>(List.of("domain"));
        HeldOutTexts held;
        try (TokenStore.Writer writer = texts.writer("domain")) {
            held = split(
                    spec, corpus, documents, counting, document -> texts.add(writer, document.id(), document.text()));
        }
        double pairs = spec.pairs().isEmpty() ? 0 : spec.pairsShare();
        double replay = spec.replayShare();
        List<Double> shares = new ArrayList<>(List.of((1 - replay) * (1 - pairs)));
        if (replay > 0) {
            names.add("replay");
            shares.add(replay);
            try (Stream<Document> replayed =
                    spec.replay().isEmpty() ? sample("replay") : documents.apply(spec.replay())) {
                texts.write("replay", replayed);
            }
        }
        if (pairs > 0) {
            names.add("pairs");
            shares.add((1 - replay) * pairs);
            texts.pairs(spec.pairs(), documents);
        }
        var stores = new ArrayList<TokenStore>();
        try {
            var checksum = new StringBuilder();
            for (String name : names) {
                stores.add(TokenStore.open(folder, name));
                checksum.append(Hashes.sha256(folder.resolve(name + ".tokens")));
            }
            if (stores.get(0).tokens() < 2) {
                throw new ArgotException("The corpus has no text to train on.");
            }
            return new TrainingTexts(
                    List.copyOf(stores),
                    shares.stream().mapToDouble(Double::doubleValue).toArray(),
                    held,
                    stores.get(0).tokens(),
                    checksum.toString());
        } catch (IOException e) {
            stores.forEach(TokenStore::close);
            throw new ArgotException(folder + ": tokens cannot be read: " + e, e);
        } catch (RuntimeException e) {
            stores.forEach(TokenStore::close);
            throw e;
        }
    }

    /**
     * Separates what is held out from what is trained on.
     *
     * @param corpus the domain's documents, curated; closed here
     * @param documents reads sources
     * @param counting the original model's tokenizer
     * @param train takes what is left of the corpus, document by document
     */
    static HeldOutTexts split(
            AdaptationSpec spec,
            Stream<Document> corpus,
            Function<List<CorpusSource>, Stream<Document>> documents,
            Tokenizer counting,
            Consumer<Document> train) {
        var split = new Split(spec, counting, train);
        Optional<HeldOutText> domain =
                spec.heldOut().isEmpty() ? split.split(corpus) : split.whole(corpus, documents.apply(spec.heldOut()));
        try (Stream<Document> kept =
                spec.generalHeldOut().isEmpty() ? sample("heldout") : documents.apply(spec.generalHeldOut())) {
            var texts = new HeldOutTexts(domain, HeldOutText.general("general", split.limited(kept)));
            return spec.vocabulary().isPresent() ? texts.cut(spec.heldOutTokens(), counting) : texts;
        }
    }

    /** General text that comes with Argot: documents separated by form feeds. */
    static Stream<Document> sample(String name) {
        try (InputStream in = TrainingTexts.class.getResourceAsStream(GENERAL + name + ".txt")) {
            if (in == null) {
                throw new ArgotException("the general sample '" + name + "' is missing");
            }
            String[] texts = new String(in.readAllBytes(), StandardCharsets.UTF_8).split("\f", -1);
            return IntStream.range(0, texts.length)
                    .mapToObj(i -> new Document(
                            "general-" + name + "-" + i,
                            texts[i].strip(),
                            "United States presidential addresses; Shakespeare",
                            "LicenseRef-public-domain"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Share of the domain's corpus in a row's tokens. */
    double domainShare() {
        return shares[0];
    }

    @Override
    public void close() {
        stores.forEach(TokenStore::close);
    }

    /** Puts texts aside. */
    private static final class Split {
        private final AdaptationSpec spec;
        private final Tokenizer counting;
        private final Consumer<Document> train;
        private final List<String> held = new ArrayList<>();
        private long heldTokens;

        Split(AdaptationSpec spec, Tokenizer counting, Consumer<Document> train) {
            this.spec = spec;
            this.counting = counting;
            this.train = train;
        }

        private int size(String text) {
            return counting.encode(text, EncodeOptions.PLAIN).size();
        }

        Optional<HeldOutText> whole(Stream<Document> corpus, Stream<Document> heldOut) {
            try (corpus;
                    heldOut) {
                corpus.forEachOrdered(train);
                return Optional.of(HeldOutText.domain("domain", limited(heldOut)));
            }
        }

        /** As many documents as are measured. */
        List<String> limited(Stream<Document> documents) {
            var texts = new ArrayList<String>();
            long tokens = 0;
            for (Iterator<Document> all = documents.iterator(); all.hasNext() && tokens < spec.heldOutTokens(); ) {
                String text = all.next().text();
                texts.add(text);
                tokens += size(text);
            }
            if (texts.isEmpty()) {
                throw new ArgotException("A held-out text that was named has no documents.");
            }
            return texts;
        }

        /**
         * Puts a share aside until there is enough to measure on: short documents as a hash of seed and id says, of long ones the end.
         * Where that leaves nothing, the end of the last document.
         */
        Optional<HeldOutText> split(Stream<Document> corpus) {
            try (corpus) {
                @Nullable Document last = null;
                for (Iterator<Document> all = corpus.iterator(); all.hasNext(); ) {
                    if (last != null) {
                        train.accept(last);
                    }
                    Document document = all.next();
                    last = heldTokens < spec.heldOutTokens() ? rest(document) : document;
                }
                if (last != null) {
                    train.accept(held.isEmpty() && spec.heldOutShare() > 0 ? shortened(last) : last);
                }
            }
            return held.isEmpty() ? Optional.empty() : Optional.of(HeldOutText.domain("domain", held));
        }

        /** What is left of a document to train on. */
        private @Nullable Document rest(Document document) {
            if (document.text().length() >= LONG && spec.heldOutShare() > 0) {
                return shortened(document);
            }
            String hash = Hashes.sha256(spec.seed() + " " + document.id());
            boolean chosen = Long.parseLong(hash.substring(0, 12), 16) < spec.heldOutShare() * (1L << 48);
            if (chosen) {
                hold(document.text());
            }
            return chosen ? null : document;
        }

        private Document shortened(Document document) {
            return new Document(document.id(), withoutEnd(document), document.source(), document.licence());
        }

        private String withoutEnd(Document document) {
            String text = document.text();
            int wanted = (int) (text.length() * (1 - spec.heldOutShare()));
            int paragraph = text.lastIndexOf("\n\n", wanted);
            int line = text.lastIndexOf('\n', wanted);
            int blank = text.lastIndexOf(' ', wanted);
            int cut = paragraph > wanted / 2 ? paragraph : line > wanted / 2 ? line : blank > 0 ? blank : wanted;
            if (text.substring(0, cut).isBlank() || text.substring(cut).isBlank()) {
                return text;
            }
            hold(text.substring(cut).strip());
            return text.substring(0, cut);
        }

        private void hold(String text) {
            held.add(text);
            heldTokens += size(text);
        }
    }

    /** Writes tokens. */
    private static final class Preparation {
        private final Tokenizer tokenizer;
        private final RowLayout layout;
        private final Path folder;
        private final OptionalInt separator;

        Preparation(Tokenizer tokenizer, RowLayout layout, Path folder) {
            this.tokenizer = tokenizer;
            this.layout = layout;
            this.folder = folder;
            this.separator =
                    layout.objective().kind() == CausalModel.class ? separator(tokenizer) : OptionalInt.empty();
        }

        private static OptionalInt separator(Tokenizer tokenizer) {
            OptionalInt endOfText = tokenizer.id("<|endoftext|>");
            return endOfText.isPresent() && tokenizer.isSpecial(endOfText.getAsInt())
                    ? endOfText
                    : tokenizer.specialTokens().eos();
        }

        private TokenStore.Writer writer(String name) {
            try {
                return new TokenStore.Writer(folder, name);
            } catch (IOException e) {
                throw new ArgotException(folder + ": tokens cannot be written: " + e, e);
            }
        }

        private int[] ids(String text) {
            return tokenizer.encode(text, EncodeOptions.PLAIN).ids();
        }

        private void add(TokenStore.Writer writer, String name, String text) {
            int[] ids = ids(text);
            if (separator.isPresent()) {
                ids = Arrays.copyOf(ids, ids.length + 1);
                ids[ids.length - 1] = separator.getAsInt();
            }
            writer.add(name, ids, 0);
        }

        void write(String store, Stream<Document> documents) {
            try (TokenStore.Writer writer = writer(store)) {
                documents.forEach(document -> add(writer, document.id(), document.text()));
            }
        }

        /** Prompts in their layout, where the model continues texts; completions scored. */
        void pairs(List<PairSource> sources, Function<List<CorpusSource>, Stream<Document>> documents) {
            var chat = new ChatPrompts(tokenizer);
            try (TokenStore.Writer writer = writer("pairs")) {
                for (PairSource source : sources) {
                    try (Stream<Document> prompts = documents.apply(List.of(lines(source, source.promptKey())));
                            Stream<Document> completions =
                                    documents.apply(List.of(lines(source, source.completionKey())))) {
                        Iterator<Document> completion = completions.iterator();
                        prompts.forEach(prompt -> {
                            String answer = completion.next().text();
                            if (layout.objective().kind() == CausalModel.class) {
                                continued(writer, chat, source.layout(), prompt, answer);
                            } else {
                                read(writer, prompt, answer);
                            }
                        });
                    }
                }
                if (writer.documents() == 0) {
                    throw new ArgotException("There are no pairs in " + sources + ".");
                }
            }
        }

        private void continued(
                TokenStore.Writer writer, ChatPrompts chat, PromptLayout laidOut, Document prompt, String answer) {
            if (laidOut == PromptLayout.TEXT) {
                int[] asked = tokenizer.encode(prompt.text()).ids();
                OptionalInt eos = tokenizer.specialTokens().eos();
                int[] all = Stream.of(
                                asked,
                                ids(answer),
                                (eos.isPresent() ? eos : separator).stream().toArray())
                        .flatMapToInt(Arrays::stream)
                        .toArray();
                writer.add(prompt.id(), all, asked.length);
            } else if (chat.hasTemplate()) { // the blanks between are the template's
                String question = prompt.text().stripTrailing();
                writer.add(prompt.id(), chat.answered(question, answer.stripLeading()), chat.prompt(question).length);
            } else {
                int[] all = chat.answered(prompt.text(), answer);
                writer.add(
                        prompt.id(),
                        IntStream.concat(Arrays.stream(all), separator.stream()).toArray(),
                        chat.prompt(prompt.text()).length);
            }
        }

        private void read(TokenStore.Writer writer, Document prompt, String answer) {
            int[] asked = shortened(ids(prompt.text()), layout.length() - 1);
            int[] all = Stream.of(
                            asked,
                            shortened(ids(answer), layout.targets() - 1),
                            separator.stream().toArray())
                    .flatMapToInt(Arrays::stream)
                    .toArray();
            writer.add(prompt.id(), all, asked.length);
        }

        /** An encoder reads all of a prompt in one row, and a decoder writes all of the completion: what does not fit is cut. */
        private int[] shortened(int[] ids, int most) {
            return layout.targets() > 0 ? Arrays.copyOf(ids, Math.min(ids.length, most)) : ids;
        }

        private static CorpusSource lines(PairSource source, String key) {
            return new CorpusSource(
                    source.paths(), new CorpusSource.Layout.JsonLines(key, "id", "source", "licence"), "", "");
        }
    }
}
