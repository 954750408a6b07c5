package dev.argot.spi;

import dev.argot.api.Abbreviation;
import dev.argot.api.ArgotException;
import dev.argot.api.DataSource;
import dev.argot.api.Document;
import dev.argot.api.Domain;
import dev.argot.api.DomainBuilder;
import dev.argot.api.FileFormatException;
import dev.argot.api.Term;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Reads a domain from text files, which a domain module has beside its provider.
 *
 * <p>All are UTF-8. The {@code .tsv} files have a line for each entry, its fields separated by a tab, and a first line with the names
 * of the fields, exactly these:
 *
 * <ul>
 *   <li>{@code sources.tsv}, required: {@code id}, {@code title}, {@code licence};
 *   <li>{@code terms.tsv}: {@code term}, {@code category}, {@code source}, {@code definition} (may be empty);
 *   <li>{@code abbreviations.tsv}: {@code abbreviation}, {@code expansions} (separated by {@code |}), {@code flags} (empty, or
 *       {@code case}, {@code everyday}, or both with a blank between: see {@link Abbreviation}), {@code source};
 *   <li>{@code samples/SOURCE.txt} for each source that has sample documents, which a line with nothing but a form feed (U+000C)
 *       separates. Their ids are the source's with a number.
 * </ul>
 *
 * Files that are not there stand for empty ones, apart from the first.
 */
public final class DomainResources {
    private static final String SOURCES = "sources.tsv";
    private static final String TERMS = "terms.tsv";
    private static final String ABBREVIATIONS = "abbreviations.tsv";
    private static final Pattern EXPANSION_SEPARATOR = Pattern.compile("\\|");
    private static final Pattern DOCUMENT_SEPARATOR = Pattern.compile("\\R?\f\\R");
    private static final Pattern LINE_END = Pattern.compile("\r?\n");
    private static final Pattern LAST_LINE_END = Pattern.compile("\r?\n\\z");

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
        Map<String, DataSource> sources = new LinkedHashMap<>();
        if (!eachLine(SOURCES, List.of("id", "title", "licence"), fields -> {
            DataSource source = new DataSource(fields[0], fields[1], fields[2]);
            domain.source(source);
            sources.put(source.id(), source);
        })) {
            throw new FileFormatException(Path.of(SOURCES), "missing; a domain must name its sources and licences");
        }
        eachLine(
                TERMS,
                List.of("term", "category", "source", "definition"),
                fields -> domain.term(new Term(
                        fields[0],
                        fields[1],
                        fields[3].isEmpty() ? Optional.empty() : Optional.of(fields[3]),
                        fields[2])));
        eachLine(
                ABBREVIATIONS,
                List.of("abbreviation", "expansions", "flags", "source"),
                fields -> domain.abbreviation(abbreviation(fields)));
        for (DataSource source : sources.values()) {
            String file = "samples/" + source.id() + ".txt";
            Optional<String> text = text(file);
            if (text.isPresent()) {
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
        }
        return domain.build();
    }

    private static Abbreviation abbreviation(String[] fields) {
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
        List<String> expansions = Arrays.stream(EXPANSION_SEPARATOR.split(fields[1], -1))
                .map(String::strip)
                .toList();
        return new Abbreviation(fields[0], expansions, matchCase, everyday, fields[3]);
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
