package dev.argot.api.corpus;

import java.nio.file.Path;
import java.util.List;

/**
 * Where texts are read from, and how. Reading is streaming: memory does not grow with the corpus.
 *
 * @param paths files, folders (read recursively, in the order of their names) or globs such as {@code texts/**.txt}; each may be
 *     gzip-compressed
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

        /** By the name of each file: {@code .jsonl} (or {@code .jsonl.gz}) as JSON lines, others as a whole. */
        record ByName() implements Layout {}

        /** Each file is a document. */
        record WholeFile() implements Layout {}

        /** Paragraphs, separated by blank lines, are documents. */
        record Paragraphs() implements Layout {}

        /**
         * Each line is a JSON object.
         *
         * @param text key of the text
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
