package dev.argot.examples.cli;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.argot.api.Argot;
import dev.argot.api.ArgotException;
import dev.argot.api.DataSource;
import dev.argot.api.Document;
import dev.argot.api.Domain;
import dev.argot.api.Term;
import dev.argot.api.corpus.CurationRules;
import dev.argot.api.evaluation.Task;
import dev.argot.api.prompt.AnswerFormat;
import dev.argot.api.prompt.Example;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Lists the domains, or describes one. */
@Command(
        name = "domain",
        description =
                "List the domains there are, or show what one consists of: terms, tasks, sources and their licences.")
final class DomainCommand implements Callable<Integer> {
    @Parameters(paramLabel = "NAME", arity = "0..1", description = "A domain, such as legal. Default: list them all.")
    private @Nullable String name;

    @Option(
            names = "--out",
            paramLabel = "FOLDER",
            description =
                    "Write the domain's texts for training elsewhere: samples.jsonl, and for each task that has items to learn from"
                            + " TASK.pairs.jsonl with prompts and completions.")
    private @Nullable Path folder;

    @Option(
            names = "--shots",
            paramLabel = "K,K",
            split = ",",
            defaultValue = "0,1,5",
            description =
                    "With --out: exemplars in the prompts of pairs, the numbers taking turns, and each prompt with others of the task's"
                            + " exemplars. A model that learned prompts without exemplars alone fares worse with exemplars than"
                            + " without. Default: ${DEFAULT-VALUE}.")
    private List<Integer> shots = List.of();

    @Option(names = "--json", description = "Print one JSON object.")
    private boolean json;

    @Spec
    @SuppressWarnings("NullAway.Init") // set by picocli
    private CommandSpec spec;

    @Override
    public Integer call() throws IOException {
        PrintWriter out = spec.commandLine().getOut();
        try (Argot argot = Argot.open()) {
            if (name != null) {
                Domain domain = argot.domain(name);
                if (folder != null) {
                    export(domain, shots, folder);
                }
                if (json) {
                    Json.print(out, j -> write(j, domain));
                } else {
                    show(out, domain);
                }
                return 0;
            }
            if (folder != null) {
                throw new ParameterException(spec.commandLine(), "--out needs the NAME of a domain");
            }
            List<Domain> domains = argot.domains().stream().map(argot::domain).toList();
            if (json) {
                Json.print(out, j -> {
                    j.writeArrayFieldStart("domains");
                    for (Domain domain : domains) {
                        j.writeStartObject();
                        write(j, domain);
                        j.writeEndObject();
                    }
                    j.writeEndArray();
                });
            } else {
                domains.forEach(domain -> out.println(row(
                        "%-12s %s: %,d terms, %,d abbreviations, %,d tasks",
                        domain.name(),
                        domain.title(),
                        domain.vocabulary().size(),
                        domain.abbreviations().size(),
                        domain.tasks().size())));
            }
        }
        return 0;
    }

    /** Writes into a folder beside, which takes its name when all is written. */
    private static void export(Domain domain, List<Integer> shots, Path folder) throws IOException {
        if (shots.stream().anyMatch(number -> number < 0)) {
            throw new IllegalArgumentException("--shots must not be negative: " + shots);
        }
        if (Files.exists(folder)) {
            throw new ArgotException(folder + ": expected a folder that does not exist yet, found one");
        }
        Path parent = Objects.requireNonNull(folder.toAbsolutePath().getParent());
        Files.createDirectories(parent);
        Path draft = Files.createTempDirectory(parent, ".argot-");
        try {
            lines(draft.resolve("samples.jsonl"), domain.samples(), (j, sample) -> {
                j.writeStringField("id", sample.id());
                j.writeStringField("text", sample.text());
                j.writeStringField("source", sample.source());
                j.writeStringField("licence", sample.licence());
            });
            for (Task task : domain.tasks()) {
                if (!task.training().isEmpty()) {
                    var turn = new AtomicInteger();
                    lines(draft.resolve(task.name() + ".pairs.jsonl"), task.training(), (j, example) -> {
                        int pair = turn.getAndIncrement();
                        List<Example> exemplars = new ArrayList<>(task.exemplars());
                        Collections.shuffle(exemplars, new Random(pair)); // the same each time it is written
                        int number = Math.min(shots.get(pair % shots.size()), exemplars.size());
                        exemplars = exemplars.subList(0, number);
                        j.writeStringField("id", example.id());
                        j.writeStringField("prompt", task.template().render(exemplars, example.inputs()));
                        j.writeStringField("completion", task.template().completion(example.answer()));
                    });
                }
            }
            Files.move(draft, folder, StandardCopyOption.ATOMIC_MOVE);
        } finally {
            if (Files.exists(draft)) {
                try (Stream<Path> left = Files.walk(draft)) {
                    for (Path path : left.sorted(Comparator.reverseOrder()).toList()) {
                        Files.delete(path);
                    }
                }
            }
        }
    }

    private static <T> void lines(Path file, List<T> entries, Fields<T> fields) throws IOException {
        try (var writer = new PrintWriter(Files.newBufferedWriter(file))) {
            for (T entry : entries) {
                Json.print(writer, j -> fields.write(j, entry));
            }
            if (writer.checkError()) {
                throw new IOException(file + ": could not be written");
            }
        }
    }

    private interface Fields<T> {
        void write(JsonGenerator json, T entry) throws IOException;
    }

    private static void show(PrintWriter out, Domain domain) {
        line(out, "domain", domain.name());
        line(out, "title", domain.title());
        line(
                out,
                "terms",
                number(domain.vocabulary().size()) + ", " + number(definitions(domain)) + " with definition");
        categories(domain).forEach((category, count) -> line(out, "", category + " " + number(count)));
        line(out, "abbreviations", number(domain.abbreviations().size()));
        line(
                out,
                "samples",
                number(domain.samples().size()) + " documents, " + number(characters(domain)) + " characters");
        line(out, "tasks", number(domain.tasks().size()));
        for (Task task : domain.tasks()) {
            line(
                    out,
                    "",
                    task.name() + ": " + task.title() + "; " + kind(task) + ", "
                            + number(task.items().size())
                            + " items, " + number(task.exemplars().size()) + " exemplars"
                            + (task.training().isEmpty()
                                    ? ""
                                    : ", " + number(task.training().size()) + " to learn from")
                            + ", source " + task.source());
        }
        line(
                out,
                "curation",
                domain.curation().steps().stream().map(CurationRules.Step::name).collect(Collectors.joining(", ")));
        line(out, "sources", number(domain.sources().size()));
        for (DataSource source : domain.sources()) {
            line(out, "", source.id() + " (" + source.licence() + "): " + source.title());
        }
    }

    private static void write(JsonGenerator j, Domain domain) throws IOException {
        j.writeStringField("name", domain.name());
        j.writeStringField("title", domain.title());
        j.writeNumberField("terms", domain.vocabulary().size());
        j.writeNumberField("definitions", definitions(domain));
        j.writeObjectFieldStart("categories");
        for (Map.Entry<String, Long> category : categories(domain).entrySet()) {
            j.writeNumberField(category.getKey(), category.getValue());
        }
        j.writeEndObject();
        j.writeNumberField("abbreviations", domain.abbreviations().size());
        j.writeNumberField("samples", domain.samples().size());
        j.writeNumberField("sampleCharacters", characters(domain));
        j.writeArrayFieldStart("tasks");
        for (Task task : domain.tasks()) {
            j.writeStartObject();
            j.writeStringField("name", task.name());
            j.writeStringField("title", task.title());
            j.writeStringField("answer", kind(task));
            j.writeNumberField("items", task.items().size());
            j.writeNumberField("exemplars", task.exemplars().size());
            j.writeNumberField("training", task.training().size());
            j.writeStringField("source", task.source());
            j.writeEndObject();
        }
        j.writeEndArray();
        j.writeArrayFieldStart("curation");
        for (CurationRules.Step step : domain.curation().steps()) {
            j.writeString(step.name());
        }
        j.writeEndArray();
        j.writeArrayFieldStart("sources");
        for (DataSource source : domain.sources()) {
            j.writeStartObject();
            j.writeStringField("id", source.id());
            j.writeStringField("title", source.title());
            j.writeStringField("licence", source.licence());
            j.writeEndObject();
        }
        j.writeEndArray();
    }

    private static String kind(Task task) {
        return switch (task.answer()) {
            case AnswerFormat.Choice(List<String> labels) ->
                labels.isEmpty() ? "choice of each item's own" : "choice of " + labels.size();
            case AnswerFormat.Several(List<String> labels, String ignored) -> "some of " + labels.size();
            case AnswerFormat.Text ignored -> "text";
            case AnswerFormat.Passage ignored -> "passage";
            case AnswerFormat.Json ignored -> "JSON";
        };
    }

    private static long definitions(Domain domain) {
        return domain.vocabulary().stream()
                .filter(term -> term.definition().isPresent())
                .count();
    }

    private static Map<String, Long> categories(Domain domain) {
        return domain.vocabulary().stream()
                .collect(Collectors.groupingBy(Term::category, TreeMap::new, Collectors.counting()));
    }

    private static long characters(Domain domain) {
        return domain.samples().stream()
                .map(Document::text)
                .mapToLong(String::length)
                .sum();
    }

    private static void line(PrintWriter out, String what, String value) {
        out.println(row("%-14s %s", what, value));
    }

    private static String number(long value) {
        return row("%,d", value);
    }

    private static String row(String format, Object... values) {
        return String.format(Locale.ROOT, format, values);
    }
}
