package dev.argot.examples.cli;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.argot.api.Argot;
import dev.argot.api.ArgotException;
import dev.argot.api.Completion;
import dev.argot.api.Completion.Candidate;
import dev.argot.api.Completion.ScoredToken;
import dev.argot.api.CompletionRequest;
import dev.argot.api.Constraint;
import dev.argot.api.Decoding;
import dev.argot.api.GenerativeModel;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Completes a prompt: continues it with a decoder, answers it with an encoder-decoder such as T5. */
@Command(
        name = "complete",
        description =
                "Complete a prompt; an encoder-decoder such as T5 answers it instead (\"translate English to German: …\"). Settings not given are those of the model's generation_config.json, else greedy.")
final class CompleteCommand implements Callable<Integer> {
    @Mixin
    private ModelOption model = new ModelOption();

    @ArgGroup(multiplicity = "1")
    @SuppressWarnings("NullAway.Init") // set by picocli
    private Prompt prompt;

    /** Where the prompt comes from. */
    static final class Prompt {
        @Option(names = "--prompt", paramLabel = "TEXT", description = "The prompt itself.")
        private @Nullable String text;

        @Option(
                names = "--file",
                paramLabel = "FILE",
                description = "A UTF-8 file with the prompt; - is standard input.")
        private @Nullable String file;

        String read() throws IOException {
            if (text != null) {
                return text;
            }
            return Texts.read(file == null ? "-" : file);
        }
    }

    @Option(names = "--trusted", description = "Read special tokens spelled out in the prompt as control tokens.")
    private boolean trusted;

    @Option(names = "--max-tokens", paramLabel = "N", description = "The most tokens generated. Default: at most 256.")
    private @Nullable Integer maxTokens;

    @Option(names = "--min-tokens", paramLabel = "N", description = "Tokens before the text may end.")
    private @Nullable Integer minTokens;

    @Option(names = "--temperature", paramLabel = "T", description = "Divides the logits; 0 is greedy.")
    private @Nullable Double temperature;

    @Option(names = "--top-k", paramLabel = "K", description = "Most probable tokens kept; 0 is all.")
    private @Nullable Integer topK;

    @Option(names = "--top-p", paramLabel = "P", description = "Probability mass kept; 1 is all.")
    private @Nullable Double topP;

    @Option(
            names = "--min-p",
            paramLabel = "P",
            description = "Part of the largest probability a token needs; 0 is all.")
    private @Nullable Double minP;

    @Option(names = "--typical-p", paramLabel = "P", description = "Probability mass of typical tokens kept; 1 is all.")
    private @Nullable Double typicalP;

    @Option(
            names = "--repetition-penalty",
            paramLabel = "R",
            description = "Above 1 discourages tokens that were there; 1 is none.")
    private @Nullable Double repetitionPenalty;

    @Option(
            names = "--frequency-penalty",
            paramLabel = "F",
            description = "Taken from a token's logit for each time it is in the completion; 0 is none.")
    private @Nullable Double frequencyPenalty;

    @Option(
            names = "--presence-penalty",
            paramLabel = "F",
            description = "Taken from the logit of each token that is in the completion; 0 is none.")
    private @Nullable Double presencePenalty;

    @Option(
            names = "--no-repeat-ngram-size",
            paramLabel = "N",
            description = "So many tokens in a row do not repeat; 0 is none.")
    private @Nullable Integer noRepeatNgramSize;

    @Option(names = "--seed", paramLabel = "SEED", description = "The same seed gives the same text. Default: 0.")
    private @Nullable Long seed;

    @Option(names = "--stop", paramLabel = "TEXT", description = "End before this text; may be repeated.")
    private String[] stop = {};

    @Option(names = "--stop-id", paramLabel = "ID", description = "End at this token; may be repeated.")
    private int[] stopIds = {};

    @Option(names = "--ignore-eos", description = "Go on past the model's own end token.")
    private boolean ignoreEos;

    @Option(names = "--beams", paramLabel = "N", description = "Beam search with so many hypotheses.")
    private @Nullable Integer beams;

    @Option(names = "--length-penalty", paramLabel = "L", description = "Power of the length beams are divided by.")
    private @Nullable Double lengthPenalty;

    @Option(
            names = "--early-stopping",
            paramLabel = "WHEN",
            description = "When beam search ends: ${COMPLETION-CANDIDATES}.")
    private Decoding.@Nullable EarlyStopping earlyStopping;

    @Option(
            names = "--top-log-probabilities",
            paramLabel = "N",
            description = "With --json: the most probable tokens at each place.")
    private int topLogProbabilities;

    @Option(
            names = "--truncate",
            arity = "0..1",
            fallbackValue = "START",
            paramLabel = "SIDE",
            description =
                    "Cut a prompt that is too long at its start or end: ${COMPLETION-CANDIDATES}. Without SIDE: start.")
    private @Nullable Side truncate;

    /** Where a prompt is cut. */
    enum Side {
        START(Decoding.Overflow.TRUNCATE_START, "first"),
        END(Decoding.Overflow.TRUNCATE_END, "last");

        private final Decoding.Overflow overflow;
        private final String tokens;

        Side(Decoding.Overflow overflow, String tokens) {
            this.overflow = overflow;
            this.tokens = tokens;
        }
    }

    @ArgGroup
    private @Nullable Form form;

    /** What the completion has to look like. */
    static final class Form {
        @Option(names = "--json-schema", paramLabel = "FILE", description = "The completion is JSON of this schema.")
        private @Nullable Path schema;

        @Option(names = "--regex", paramLabel = "R", description = "The completion matches this expression as a whole.")
        private @Nullable String regex;

        @Option(
                names = "--choices",
                paramLabel = "TEXT",
                split = ",",
                description = "The completion is one of these, with a blank before it at most; parted by commas.")
        private @Nullable List<String> choices;

        Constraint constraint() throws IOException {
            if (schema != null) {
                return new Constraint.JsonSchema(Texts.read(schema.toString()));
            }
            if (regex != null) {
                return new Constraint.Regex(regex);
            }
            var texts = new ArrayList<String>();
            for (String choice : choices == null ? List.<String>of() : choices) {
                texts.add(choice.strip());
                texts.add(" " + choice.strip());
            }
            return new Constraint.Choices(texts);
        }

        /** What is at fault where no text can be held to it. */
        String name() {
            return schema != null ? schema.toString() : regex != null ? "--regex" : "--choices";
        }
    }

    @Option(names = "--time-limit", paramLabel = "SECONDS", description = "End after so many seconds.")
    private @Nullable Double timeLimit;

    @Option(names = "--stream", description = "Print the text as it comes (with --json: to standard error).")
    private boolean stream;

    @Option(names = "--json", description = "Print one JSON object as the last line.")
    private boolean json;

    @Mixin
    private Setup setup = new Setup();

    @Spec
    @SuppressWarnings("NullAway.Init") // set by picocli
    private CommandSpec spec;

    @Override
    public Integer call() throws IOException {
        PrintWriter out = spec.commandLine().getOut();
        PrintWriter err = spec.commandLine().getErr();
        String text = prompt.read();
        decoding(Decoding.greedy()); // a wrong number is found before the model is loaded
        try (var interrupts = new Interrupts();
                Argot argot = setup.open(err);
                GenerativeModel loaded = setup.load(argot, GenerativeModel.class, model.name())) {
            var request = CompletionRequest.of(text, decoding(loaded.defaultDecoding()))
                    .withCancellation(interrupts.cancellation());
            if (trusted) {
                request = request.asTrusted();
            }
            if (timeLimit != null) {
                request = request.withTimeLimit(Duration.ofNanos(Math.round(timeLimit * 1e9)));
            }
            if (stream) {
                PrintWriter target = json ? err : out;
                request = request.withSink(token -> {
                    target.print(token.text());
                    target.flush();
                });
            }
            Completion completion = complete(loaded, request);
            if (stream) {
                PrintWriter target = json ? err : out;
                target.println();
                target.flush();
            } else if (!json) {
                out.println(completion.text());
            }
            Completion.Usage usage = completion.usage();
            err.printf(
                    Locale.ROOT,
                    "argot: %s, %d + %d tokens, first after %.2f s, then %.1f tokens/s (%s)%n",
                    loaded.engine(),
                    usage.promptTokens(),
                    usage.completionTokens(),
                    seconds(usage.prefill()),
                    usage.tokensPerSecond(),
                    lower(completion.finishReason()));
            if (truncate != null && usage.droppedPromptTokens() > 0) {
                err.println("argot: the prompt was too long: its " + truncate.tokens + " " + usage.droppedPromptTokens()
                        + " tokens were left out");
            }
            if (json) {
                String engine = loaded.engine();
                Json.print(out, j -> {
                    j.writeStringField("model", model.name());
                    j.writeStringField("engine", engine);
                    write(j, completion);
                    j.writeNumberField("promptTokens", usage.promptTokens());
                    j.writeNumberField("droppedPromptTokens", usage.droppedPromptTokens());
                    j.writeNumberField("completionTokens", usage.completionTokens());
                    j.writeNumberField("prefillSeconds", seconds(usage.prefill()));
                    j.writeNumberField("decodeSeconds", seconds(usage.decode()));
                    j.writeNumberField("tokensPerSecond", usage.tokensPerSecond());
                    j.writeArrayFieldStart("alternatives");
                    for (Completion alternative : completion.alternatives()) {
                        j.writeStartObject();
                        write(j, alternative);
                        j.writeEndObject();
                    }
                    j.writeEndArray();
                });
            }
            out.flush(); // before Ctrl-C ends the process
        }
        return 0;
    }

    private Completion complete(GenerativeModel loaded, CompletionRequest request) {
        try {
            return loaded.complete(request);
        } catch (IllegalArgumentException e) {
            throw form == null ? e : new ArgotException(form.name() + ": " + e.getMessage(), e);
        }
    }

    private static void write(JsonGenerator json, Completion completion) throws IOException {
        json.writeStringField("text", completion.text());
        json.writeStringField("finishReason", lower(completion.finishReason()));
        json.writeNumberField("score", completion.score());
        json.writeArrayFieldStart("tokens");
        for (ScoredToken token : completion.tokens()) {
            json.writeStartObject();
            json.writeNumberField("id", token.id());
            json.writeNumberField("logProbability", token.logProbability());
            if (!token.top().isEmpty()) {
                json.writeArrayFieldStart("top");
                for (Candidate candidate : token.top()) {
                    json.writeStartObject();
                    json.writeNumberField("id", candidate.id());
                    json.writeNumberField("logProbability", candidate.logProbability());
                    json.writeEndObject();
                }
                json.writeEndArray();
            }
            json.writeEndObject();
        }
        json.writeEndArray();
    }

    private Decoding decoding(Decoding defaults) throws IOException {
        Decoding.Builder builder = defaults.toBuilder().ignoreEos(ignoreEos).topLogProbabilities(topLogProbabilities);
        if (maxTokens != null) {
            builder.maxTokens(maxTokens);
        }
        if (minTokens != null) {
            builder.minTokens(minTokens);
        }
        if (temperature != null) {
            builder.temperature(temperature).beams(1);
        }
        if (topK != null) {
            builder.topK(topK);
        }
        if (topP != null) {
            builder.topP(topP);
        }
        if (minP != null) {
            builder.minP(minP);
        }
        if (repetitionPenalty != null) {
            builder.repetitionPenalty(repetitionPenalty);
        }
        if (typicalP != null) {
            builder.typicalP(typicalP);
        }
        if (frequencyPenalty != null) {
            builder.frequencyPenalty(frequencyPenalty);
        }
        if (presencePenalty != null) {
            builder.presencePenalty(presencePenalty);
        }
        if (noRepeatNgramSize != null) {
            builder.noRepeatNgramSize(noRepeatNgramSize);
        }
        if (seed != null) {
            builder.seed(seed);
        }
        if (beams != null) {
            builder.beams(beams);
            if (temperature == null) {
                builder.temperature(0);
            }
        }
        if (lengthPenalty != null) {
            builder.lengthPenalty(lengthPenalty);
        }
        if (earlyStopping != null) {
            builder.earlyStopping(earlyStopping);
        }
        if (truncate != null) {
            builder.overflow(truncate.overflow);
        }
        try {
            if (form != null) {
                builder.constraint(form.constraint());
            }
            if (stop.length > 0) {
                builder.stopStrings(stop);
            }
            return builder.stopIds(stopIds).build();
        } catch (IllegalArgumentException e) {
            throw new ParameterException(spec.commandLine(), String.valueOf(e.getMessage()), e);
        }
    }

    private static double seconds(Duration duration) {
        return duration.toNanos() / 1e9;
    }

    private static String lower(Completion.FinishReason reason) {
        return reason.name().toLowerCase(Locale.ROOT);
    }
}
