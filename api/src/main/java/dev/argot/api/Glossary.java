package dev.argot.api;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** Reads glossaries: tab-separated lines, or comma-separated ones with quoted fields (RFC 4180). */
final class Glossary {
    private static final String TERM = "term";
    private static final String DEFINITION = "definition";
    private static final String CATEGORY = "category";

    private final Path file;
    private final String text;
    private int place;
    private int line = 1;

    private Glossary(Path file, String text) {
        this.file = file;
        this.text = text;
    }

    /**
     * An entry and where it stands.
     *
     * @param term the term
     * @param line the line it begins in, from 1
     */
    record Entry(Term term, int line) {}

    static List<Entry> read(Path file, String source) {
        return new Glossary(file, text(file)).entries(source);
    }

    private List<Entry> entries(String source) {
        int end = text.indexOf('\n');
        char separator = (end < 0 ? text : text.substring(0, end)).indexOf('\t') < 0 ? ',' : '\t';
        List<String> header = text.isBlank()
                ? List.of()
                : row(separator).stream()
                        .map(column -> column.toLowerCase(Locale.ROOT))
                        .toList();
        int term = header.indexOf(TERM);
        if (term < 0) {
            throw new FileFormatException(
                    file,
                    "line 1: expected names of columns, " + TERM + " and " + DEFINITION
                            + " among them, separated by commas or tabs; found " + header);
        }
        int definition = header.indexOf(DEFINITION);
        int category = header.indexOf(CATEGORY);
        var entries = new ArrayList<Entry>();
        while (place < text.length()) {
            int start = line;
            List<String> fields = row(separator);
            if (fields.stream().allMatch(String::isEmpty)) {
                continue;
            }
            if (fields.size() != header.size()) {
                throw new FileFormatException(
                        file,
                        "line " + start + ": expected " + header.size() + " fields " + header + ", found "
                                + fields.size() + " " + fields);
            }
            String given = category < 0 ? "" : fields.get(category).toLowerCase(Locale.ROOT);
            try {
                entries.add(new Entry(
                        new Term(
                                fields.get(term),
                                given.isEmpty() ? TERM : given,
                                Optional.of(definition < 0 ? "" : fields.get(definition))
                                        .filter(d -> !d.isEmpty()),
                                source),
                        start));
            } catch (IllegalArgumentException e) {
                throw new FileFormatException(file, "line " + start + ": " + e.getMessage(), e);
            }
        }
        if (entries.isEmpty()) {
            throw new FileFormatException(
                    file, "line " + line + ": expected at least one term, found the end of the file");
        }
        return entries;
    }

    /** Reads a row, which ends with a line or the text; fields without blanks around them. */
    private List<String> row(char separator) {
        var fields = new ArrayList<String>();
        do {
            fields.add(separator == ',' && opensQuote() ? quoted() : plain(separator));
        } while (place < text.length() && text.charAt(place++) == separator);
        line++;
        return fields;
    }

    private boolean opensQuote() {
        while (place < text.length() && text.charAt(place) == ' ') {
            place++;
        }
        return place < text.length() && text.charAt(place) == '"';
    }

    private String plain(char separator) {
        int start = place;
        while (place < text.length() && text.charAt(place) != separator && text.charAt(place) != '\n') {
            place++;
        }
        return text.substring(start, place).strip();
    }

    private String quoted() {
        int start = line;
        var field = new StringBuilder();
        place++;
        while (place < text.length()) {
            char c = text.charAt(place++);
            if (c == '\n') {
                line++;
            }
            if (c != '"') {
                field.append(c);
            } else if (place < text.length() && text.charAt(place) == '"') {
                field.append('"');
                place++;
            } else {
                String rest = plain(',');
                if (!rest.isEmpty()) {
                    throw new FileFormatException(
                            file, "line " + line + ": expected a comma after the closing quote, found '" + rest + "'");
                }
                return field.toString().strip();
            }
        }
        throw new FileFormatException(file, "line " + start + ": expected a closing quote, found the end of the file");
    }

    /** The file with line feeds as line ends. */
    private static String text(Path file) {
        byte[] bytes;
        try {
            bytes = Files.readAllBytes(file);
        } catch (NoSuchFileException e) {
            throw new FileFormatException(file, "expected a glossary, found no such file", e);
        } catch (IOException e) {
            throw new ArgotException("cannot read " + file + ": " + e, e);
        }
        String text;
        try {
            text = StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes))
                    .toString();
        } catch (CharacterCodingException e) {
            throw new FileFormatException(
                    file, "line " + malformedLine(bytes) + ": expected UTF-8, found other bytes", e);
        }
        return (text.startsWith("\ufeff") ? text.substring(1) : text)
                .replace("\r\n", "\n")
                .replace('\r', '\n');
    }

    private static int malformedLine(byte[] bytes) {
        CharsetDecoder decoder = StandardCharsets.UTF_8.newDecoder();
        ByteBuffer in = ByteBuffer.wrap(bytes);
        CharBuffer out = CharBuffer.allocate(bytes.length);
        decoder.decode(in, out, true);
        int line = 1;
        for (int i = 0; i < in.position(); i++) {
            if (bytes[i] == '\n') {
                line++;
            }
        }
        return line;
    }
}
