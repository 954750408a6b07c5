package dev.argot.api.corpus;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * Where texts are read from, and how. Reading is streaming: memory does not grow with the corpus, only with its largest document.
 *
 * <p>Texts are UTF-8; malformed bytes are an error that names the file and the offset, a byte order mark at the start is dropped. Files
 * compressed with gzip are recognised by their first bytes, whatever they are called. What is blank is no document.
 *
 * <p>Folders are read recursively, in the order of the names. In a folder, and where a glob looks, files and folders whose name begins
 * with a dot are passed over, symbolic links to files are read and those to folders are not followed; what is named itself is read in
 * any case. A file that several paths lead to is read once. A folder that a curation wrote is read as its documents alone.
 *
 * <p>A document that brings no id is named after its file, relative to and beginning with the folder named (or the folder in which a
 * glob begins), and what follows a colon: the number of its line in JSON lines, or of its first line among paragraphs.
 *
 * @param paths files, folders or globs such as {@code texts/**.txt} (as in {@link java.nio.file.FileSystem#getPathMatcher}: {@code *}
 *     within one folder, {@code **} across folders)
 * @param layout how documents lie in a file
 * @param source what the texts are, for the manifest, such as {@code "EDGAR 10-K 2024"}; empty: the file's name
 * @param licence an SPDX expression; empty where unknown
 */
public record CorpusSource(List<String> paths, Layout layout, String source, String licence) {
    /** Copies the list. */
    public CorpusSource {
        paths = List.copyOf(paths);
        if (paths.isEmpty()) {
            throw new IllegalArgumentException("a corpus needs at least one path");
        }
    }

    /**
     * Files and folders, each file read as its name says: {@code .jsonl} as JSON lines with the key {@code "text"}, others as one
     * document of plain text.
     *
     * @param paths files and folders
     */
    public static CorpusSource of(Path... paths) {
        return new CorpusSource(List.of(paths).stream().map(Path::toString).toList(), Layout.BY_NAME, "", "");
    }

    /**
     * This source with another layout.
     *
     * @param other how documents lie in a file
     */
    public CorpusSource as(Layout other) {
        return new CorpusSource(paths, other, source, licence);
    }

    /** How documents lie in a file. */
    public sealed interface Layout {
        /** {@link JsonLines#DEFAULT} for {@code .jsonl}, {@link WholeFile} for others. */
        Layout BY_NAME = new ByName();

        /**
         * By the name of each file, {@code .gz} at its end apart: {@code .jsonl} and {@code .ndjson} as JSON lines, others as a whole,
         * unless a plug-in reads files of that name.
         */
        record ByName() implements Layout {}

        /** Each file is a document. */
        record WholeFile() implements Layout {}

        /** Paragraphs, separated by blank lines, are documents. */
        record Paragraphs() implements Layout {}

        /**
         * As a plug-in reads it.
         *
         * @param reader name of the plug-in, such as {@code "jsonl"}
         * @param settings its settings, by name
         */
        record Named(String reader, Map<String, String> settings) implements Layout {
            /** Copies the settings. */
            public Named {
                settings = Map.copyOf(settings);
            }
        }

        /**
         * Each line is a JSON object; blank lines are passed over.
         *
         * @param text key of the text, which every object must have
         * @param id key of the document's id; documents without it are named by file and line
         * @param source key of the source
         * @param licence key of the licence
         */
        record JsonLines(String text, String id, String source, String licence) implements Layout {
            /** The keys {@code text}, {@code id}, {@code source}, {@code licence}. */
            public static final JsonLines DEFAULT = new JsonLines("text", "id", "source", "licence");
        }
    }
}
