package dev.argot.examples.cli;

import dev.argot.api.Argot;
import dev.argot.api.TokenClassifier;
import dev.argot.api.TokenClassifier.Entity;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Finds entities in a text with a token classifier. */
@Command(
        name = "tag",
        description = "Find entities in a text with a model that has a tagging head: type, start, end, score and text,"
                + " one a line; with --words, the tag of every word.")
final class TagCommand implements Callable<Integer> {
    @Option(
            names = "--model",
            paramLabel = "MODEL",
            required = true,
            description = "A token classifier: a path or a Hub id.")
    private String model = "";

    @ArgGroup(multiplicity = "1")
    @SuppressWarnings("NullAway.Init") // set by picocli
    private Source source;

    /** Where the text comes from. */
    static final class Source {
        @Option(names = "--text", paramLabel = "TEXT", description = "The text itself.")
        private @Nullable String text;

        @Option(
                names = "--file",
                paramLabel = "FILE",
                description = "A UTF-8 file with the text, of any length; - is standard input.")
        private @Nullable String file;
    }

    @Option(names = "--words", description = "Split the text at white space, and print each word with its tag.")
    private boolean words;

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
        String text = source.text != null ? source.text : Texts.read(source.file == null ? "-" : source.file);
        try (Argot argot = setup.open(spec.commandLine().getErr());
                TokenClassifier loaded = setup.load(argot, TokenClassifier.class, model)) {
            if (words) {
                List<String> split = List.of(text.strip().split("\\s+"));
                printWords(
                        out, loaded.engine(), split, loaded.tagWords(List.of(split)).get(0));
            } else {
                printEntities(out, loaded.engine(), loaded.entities(text));
            }
        }
        return 0;
    }

    private void printWords(PrintWriter out, String engine, List<String> split, List<String> tags) throws IOException {
        if (!json) {
            for (int i = 0; i < split.size(); i++) {
                out.println(tags.get(i) + "\t" + split.get(i));
            }
            return;
        }
        Json.print(out, j -> {
            j.writeStringField("model", model);
            j.writeStringField("engine", engine);
            j.writeArrayFieldStart("words");
            for (int i = 0; i < split.size(); i++) {
                j.writeStartObject();
                j.writeStringField("word", split.get(i));
                j.writeStringField("tag", tags.get(i));
                j.writeEndObject();
            }
            j.writeEndArray();
        });
    }

    private void printEntities(PrintWriter out, String engine, List<Entity> entities) throws IOException {
        if (!json) {
            for (Entity entity : entities) {
                out.printf(
                        Locale.ROOT,
                        "%s\t%d\t%d\t%.4f\t%s%n",
                        entity.type(),
                        entity.start(),
                        entity.end(),
                        entity.score(),
                        entity.text().replaceAll("\\s+", " "));
            }
            return;
        }
        Json.print(out, j -> {
            j.writeStringField("model", model);
            j.writeStringField("engine", engine);
            j.writeArrayFieldStart("entities");
            for (Entity entity : entities) {
                j.writeStartObject();
                j.writeStringField("type", entity.type());
                j.writeStringField("text", entity.text());
                j.writeNumberField("start", entity.start());
                j.writeNumberField("end", entity.end());
                j.writeNumberField("score", entity.score());
                j.writeEndObject();
            }
            j.writeEndArray();
        });
    }
}
