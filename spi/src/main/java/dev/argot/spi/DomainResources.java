package dev.argot.spi;

import dev.argot.api.Abbreviation;
import dev.argot.api.ArgotException;
import dev.argot.api.DataSource;
import dev.argot.api.Document;
import dev.argot.api.Domain;
import dev.argot.api.DomainBuilder;
import dev.argot.api.FileFormatException;
import dev.argot.api.Term;
import dev.argot.api.corpus.CurationRules;
import dev.argot.api.evaluation.Task;
import dev.argot.api.prompt.AnswerFormat;
import dev.argot.api.prompt.Example;
import dev.argot.api.prompt.PromptTemplate;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Reads a domain from text files, which a domain module has beside its provider.
 *
 * <p>All are UTF-8. The {@code .tsv} files have a line for each entry, its fields separated by a tab, and a first line with the names
 * of the fields, exactly these. What comes from one source is in files of its own, named by the source's id, so that each keeps its
 * licence.
 *
 * <ul>
 *   <li>{@code sources.tsv}, required: {@code id}, {@code title}, {@code licence};
 *   <li>{@code terms/SOURCE.tsv}: {@code term}, {@code category}, {@code definition} (may be empty);
 *   <li>{@code abbreviations/SOURCE.tsv}: {@code abbreviation}, {@code expansions} (separated by {@code |}), {@code flags} (empty, or
 *       {@code case}, {@code everyday}, or both with a blank between: see {@link Abbreviation});
 *   <li>{@code samples/SOURCE.txt}: sample documents, which a line with nothing but a form feed (U+000C) separates. Their ids are the
 *       source's with a number;
 *   <li>{@code tasks.tsv}: {@code task} (its name), {@code title}, {@code source}, {@code answer} (see below), {@code labels} (separated by
 *       {@code |}; empty for a choice where each item has its own distractors, and for what is written), {@code instruction},
 *       {@code layout} (see {@link PromptTemplate});
 *   <li>{@code tasks/TASK.tsv} for each of them: {@code id}, {@code use} ({@code exemplar}, {@code training} or {@code item}), a field for
 *       each slot of the layout, {@code answer}, and {@code distractors} (separated by {@code |}) where the task has no labels to choose
 *       from;
 *   <li>{@code tasks/TASK.schema.json} where the answer is {@code json}: the schema;
 *   <li>{@code curation.tsv}: {@code step}, {@code setting}, {@code value}, see {@link CurationRules}. Steps come in the order in which they
 *       are first named; a step with its default settings has an empty setting and value.
 * </ul>
 *
 * The {@code answer} of a task is one of the {@linkplain AnswerFormat formats}:
 *
 * <ul>
 *   <li>{@code choice}: one of the labels, or of an item's answer and its distractors;
 *   <li>{@code several}: some of the labels, in an example's answer separated by a comma and a blank;
 *   <li>{@code text 32}: a line of at most 32 tokens;
 *   <li>{@code passage 96}: several lines of at most 96 tokens together;
 *   <li>{@code json 64}: JSON of the schema, of at most 64 tokens, on one line.
 * </ul>
 *
 * In instructions, layouts and the answers of passages, {@code \n} stands for the end of a line and {@code \\} for a backslash; any other
 * backslash is itself. All other fields are taken as they are.
 *
 * <p>Files that are not there stand for empty ones, apart from the first and the examples and schemas of tasks; without
 * {@code curation.tsv} the rules are {@link CurationRules#DEFAULT}.
 */
public final class DomainResources {
    private static final String SOURCES = "sources.tsv";
    private static final String TASKS = "tasks.tsv";
    private static final String CURATION = "curation.tsv";
    private static final Pattern LIST_SEPARATOR = Pattern.compile("\\|");
    private static final Pattern DOCUMENT_SEPARATOR = Pattern.compile("\\R?\f\\R");
    private static final Pattern LINE_END = Pattern.compile("\r?\n");
    private static final Pattern LAST_LINE_END = Pattern.compile("\r?\n\\z");
    private static final Pattern WRITTEN_ANSWER = Pattern.compile("(text|passage|json) ([1-9][0-9]{0,4})");
    private static final Pattern ESCAPE = Pattern.compile("\\\\[n\\\\]");
    private static final String DISTRACTORS = "distractors";

    private final Function<String, @Nullable InputStream> files;

    private DomainResources(Function<String, @Nullable InputStream> files) {
        this.files = files;
    }

    /**
     * Reads a domain.
     *
     * @param name the domain's name
     * @param title the domain's name for a reader
     * @param files opens a file by its relative name, or returns null where there is none; usually {@code file ->
     *     MyDomainProvider.class.getResourceAsStream(file)}, called from the module that has the files, so that it may see them
     * @throws FileFormatException if a file is malformed; the message names it and the line
     */
    public static Domain read(String name, String title, Function<String, @Nullable InputStream> files) {
        return new DomainResources(files).read(name, title);
    }

    private Domain read(String name, String title) {
        DomainBuilder domain = Domain.builder(name, title);
        var sources = new ArrayList<DataSource>();
        if (!eachLine(SOURCES, List.of("id", "title", "licence"), fields -> {
            DataSource source = new DataSource(fields[0], fields[1], fields[2]);
            domain.source(source);
            sources.add(source);
        })) {
            throw new FileFormatException(Path.of(SOURCES), "missing; a domain must name its sources and licences");
        }
        for (DataSource source : sources) {
            String file = source.id() + ".tsv";
            eachLine(
                    "terms/" + file,
                    List.of("term", "category", "definition"),
                    fields -> domain.term(new Term(
                            fields[0],
                            fields[1],
                            fields[2].isEmpty() ? Optional.empty() : Optional.of(fields[2]),
                            source.id())));
            eachLine(
                    "abbreviations/" + file,
                    List.of("abbreviation", "expansions", "flags"),
                    fields -> domain.abbreviation(abbreviation(fields, source.id())));
            samples(source, domain);
        }
        eachLine(
                TASKS,
                List.of("task", "title", "source", "answer", "labels", "instruction", "layout"),
                fields -> domain.task(task(fields)));
        curation().ifPresent(domain::curation);
        return domain.build();
    }

    private void samples(DataSource source, DomainBuilder domain) {
        String file = "samples/" + source.id() + ".txt";
        Optional<String> text = text(file);
        if (text.isEmpty()) {
            return;
        }
        int number = 0;
        for (String sample : DOCUMENT_SEPARATOR.split(text.get(), -1)) {
            number++;
            String id = source.id() + "-" + number;
            checked(
                    file,
                    "document " + number,
                    () -> domain.sample(new Document(id, sample.strip(), source.id(), source.licence())));
        }
    }

    private Optional<CurationRules> curation() {
        var steps = new LinkedHashMap<String, CurationRules.Step>();
        if (!eachLine(CURATION, List.of("step", "setting", "value"), fields -> {
            CurationRules.Step step = steps.get(fields[0]);
            boolean alone = fields[1].isEmpty();
            if (fields[0].isEmpty() || alone != fields[2].isEmpty() || (alone && step != null)) {
                throw new IllegalArgumentException(
                        "expected a step with a setting and its value, or a new step alone; found " + List.of(fields));
            }
            if (step != null && step.settings().containsKey(fields[1])) {
                throw new IllegalArgumentException(
                        "the step '" + fields[0] + "' has the setting '" + fields[1] + "' twice");
            }
            CurationRules.Step known = step == null ? CurationRules.Step.of(fields[0]) : step;
            steps.put(fields[0], alone ? known : known.with(fields[1], fields[2]));
        })) {
            return Optional.empty();
        }
        return Optional.of(new CurationRules(List.copyOf(steps.values())));
    }

    private Task task(String[] fields) {
        PromptTemplate template = PromptTemplate.builder(lines(fields[6]))
                .instruction(lines(fields[5]))
                .build();
        AnswerFormat answer = answer(fields[0], fields[3], list(fields[4]));
        var header = new ArrayList<String>(List.of("id", "use"));
        header.addAll(template.slots());
        header.add(PromptTemplate.ANSWER);
        if (answer instanceof AnswerFormat.Choice(List<String> labels) && labels.isEmpty()) {
            header.add(DISTRACTORS);
        }
        var uses = new LinkedHashMap<String, List<Example>>();
        List.of("exemplar", "training", "item").forEach(use -> uses.put(use, new ArrayList<>()));
        String file = "tasks/" + fields[0] + ".tsv";
        if (!eachLine(file, header, example -> {
            List<Example> use = uses.get(example[1]);
            if (use == null) {
                throw new IllegalArgumentException(
                        "use: expected one of " + uses.keySet() + ", found '" + example[1] + "'");
            }
            use.add(example(header, example, answer));
        })) {
            throw new FileFormatException(Path.of(file), "missing; " + TASKS + " names the task");
        }
        var examples = List.copyOf(uses.values());
        return new Task(
                fields[0], fields[1], answer, template, examples.get(0), examples.get(1), examples.get(2), fields[2]);
    }

    /**
     * The format of a task's answers.
     *
     * @param task name of the task
     * @param format what {@code tasks.tsv} says of it
     * @param labels of the task
     */
    private AnswerFormat answer(String task, String format, List<String> labels) {
        if (format.equals("choice")) {
            return new AnswerFormat.Choice(labels);
        }
        if (format.equals("several")) {
            return new AnswerFormat.Several(labels);
        }
        Matcher written = WRITTEN_ANSWER.matcher(format);
        if (!written.matches() || !labels.isEmpty()) {
            throw new IllegalArgumentException(
                    "expected the answer 'choice', or 'several' with labels, or 'text', 'passage' or 'json' with the most tokens"
                            + " and no labels; found the answer '" + format + "' and the labels " + labels);
        }
        int tokens = Integer.parseInt(written.group(2));
        return switch (written.group(1)) {
            case "text" -> new AnswerFormat.Text(tokens);
            case "passage" -> new AnswerFormat.Passage(tokens);
            default -> new AnswerFormat.Json(schema(task), tokens);
        };
    }

    private String schema(String task) {
        String file = "tasks/" + task + ".schema.json";
        return text(file)
                .map(String::strip)
                .filter(schema -> !schema.isEmpty())
                .orElseThrow(() ->
                        new FileFormatException(Path.of(file), "missing or empty; the answer of the task is json"));
    }

    private static Example example(List<String> header, String[] fields, AnswerFormat format) {
        var inputs = new LinkedHashMap<String, String>();
        int answer = header.indexOf(PromptTemplate.ANSWER);
        for (int i = 2; i < answer; i++) {
            inputs.put(header.get(i), fields[i]);
        }
        List<String> distractors = answer + 1 < header.size() ? list(fields[answer + 1]) : List.of();
        String text = format instanceof AnswerFormat.Passage ? lines(fields[answer]) : fields[answer];
        return new Example(fields[0], inputs, text, distractors);
    }

    private static String lines(String field) {
        return ESCAPE.matcher(field).replaceAll(escape -> escape.group().equals("\\n") ? "\n" : "\\\\");
    }

    private static List<String> list(String field) {
        return field.isEmpty()
                ? List.of()
                : Arrays.stream(LIST_SEPARATOR.split(field, -1))
                        .map(String::strip)
                        .toList();
    }

    private static Abbreviation abbreviation(String[] fields, String source) {
        boolean matchCase = false;
        boolean everyday = false;
        for (String flag : fields[2].isEmpty() ? new String[0] : fields[2].split(" ", -1)) {
            switch (flag) {
                case "case" -> matchCase = true;
                case "everyday" -> everyday = true;
                default ->
                    throw new IllegalArgumentException("flags: expected 'case' or 'everyday', found '" + flag + "'");
            }
        }
        return new Abbreviation(fields[0], list(fields[1]), matchCase, everyday, source);
    }

    /** Calls for each line but the first; false where there is no such file. */
    private boolean eachLine(String file, List<String> header, LineReader reader) {
        Optional<String> text = text(file);
        if (text.isEmpty()) {
            return false;
        }
        String[] lines = LINE_END.split(LAST_LINE_END.matcher(text.get()).replaceFirst(""), -1);
        if (!lines[0].equals(String.join("\t", header))) {
            throw new FileFormatException(
                    Path.of(file),
                    "line 1: expected the fields " + header + " separated by tabs, found '" + lines[0] + "'");
        }
        for (int i = 1; i < lines.length; i++) {
            String[] fields = lines[i].split("\t", -1);
            checked(file, "line " + (i + 1), () -> {
                if (fields.length != header.size()) {
                    throw new IllegalArgumentException("expected " + header.size() + " fields, found " + fields.length);
                }
                reader.read(fields);
            });
        }
        return true;
    }

    private static void checked(String file, String place, Runnable action) {
        try {
            action.run();
        } catch (IllegalArgumentException e) {
            throw new FileFormatException(Path.of(file), place + ": " + e.getMessage(), e);
        }
    }

    private Optional<String> text(String file) {
        try (InputStream in = files.apply(file)) {
            if (in == null) {
                return Optional.empty();
            }
            return Optional.of(StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(in.readAllBytes()))
                    .toString());
        } catch (CharacterCodingException e) {
            throw new FileFormatException(Path.of(file), "expected UTF-8, found malformed bytes", e);
        } catch (IOException e) {
            throw new ArgotException("cannot read " + file + ": " + e.getMessage(), e);
        }
    }

    private interface LineReader {
        void read(String[] fields);
    }
}
