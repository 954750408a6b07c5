package dev.argot.api;

import java.nio.file.Path;
import java.util.List;

/**
 * Whether the files of a bundle are those that were written.
 *
 * @param bundle the bundle's folder
 * @param files number of files compared
 * @param problems what is wrong, in the order of the files' names; empty: nothing
 */
public record Verification(Path bundle, int files, List<Problem> problems) {
    /** Copies the list. */
    public Verification {
        problems = List.copyOf(problems);
    }

    /** Whether every file is there and unchanged, and no other. */
    public boolean intact() {
        return problems.isEmpty();
    }

    /** What can be wrong with a file. */
    public enum Kind {
        /** Its SHA-256 is another. */
        CHANGED,
        /** It is listed but not there. */
        MISSING,
        /** It is there but not listed. */
        EXTRA,
        /** The list of hashes itself cannot be read. */
        MALFORMED
    }

    /**
     * What is wrong with a file.
     *
     * @param kind what is wrong
     * @param file the file's name, relative to the bundle
     * @param detail what was expected and what was found
     */
    public record Problem(Kind kind, String file, String detail) {
        @Override
        public String toString() {
            return file + ": " + detail;
        }
    }
}
