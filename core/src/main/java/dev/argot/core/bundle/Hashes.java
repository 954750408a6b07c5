package dev.argot.core.bundle;

import dev.argot.api.FileFormatException;
import dev.argot.api.Verification;
import dev.argot.api.Verification.Kind;
import dev.argot.api.Verification.Problem;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The SHA-256 of each file of a bundle, in the file {@code SHA256SUMS} as the program {@code sha256sum} reads and writes it: a line for
 * each file, 64 hexadecimal digits, two spaces, the name; sorted by name. Stateless.
 */
public final class Hashes {
    /** The file's name. */
    public static final String FILE = "SHA256SUMS";

    private static final Pattern LINE = Pattern.compile("([0-9a-f]{64})  ([^\\\\\\p{Cntrl}]+)");

    /** A bundle has a handful of files. */
    private static final long MAX_BYTES = 16 << 20;

    private Hashes() {}

    /**
     * The SHA-256 of a text in UTF-8, in hexadecimal.
     *
     * @param text the text
     */
    public static String sha256(String text) {
        return HexFormat.of().formatHex(digest().digest(text.getBytes(StandardCharsets.UTF_8)));
    }

    private static MessageDigest digest() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java runtime has SHA-256", e);
        }
    }

    /**
     * The SHA-256 of a file, in hexadecimal.
     *
     * @param file the file
     * @throws IOException if it cannot be read
     */
    public static String sha256(Path file) throws IOException {
        MessageDigest digest = digest();
        try (InputStream in = Files.newInputStream(file)) {
            var buffer = new byte[1 << 18];
            for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
                digest.update(buffer, 0, n);
            }
        }
        return HexFormat.of().formatHex(digest.digest());
    }

    /**
     * The list for all files of a folder.
     *
     * @param folder the folder
     * @throws IOException if a file cannot be read
     */
    public static byte[] list(Path folder) throws IOException {
        var hashes = new TreeMap<String, String>();
        for (Map.Entry<String, Path> file : files(folder).entrySet()) {
            hashes.put(file.getKey(), sha256(file.getValue()));
        }
        return render(hashes).getBytes(StandardCharsets.UTF_8);
    }

    private static String render(SortedMap<String, String> hashes) {
        var text = new StringBuilder();
        hashes.forEach(
                (name, hash) -> text.append(hash).append("  ").append(name).append('\n'));
        return text.toString();
    }

    /** Everything below a folder but folders and the list itself, by relative name with slashes; links are not followed. */
    private static SortedMap<String, Path> files(Path folder) throws IOException {
        var files = new TreeMap<String, Path>();
        try (var all = Files.walk(folder)) {
            for (Path file : all.toList()) {
                String name = folder.relativize(file).toString().replace('\\', '/');
                if (!Files.isDirectory(file, LinkOption.NOFOLLOW_LINKS) && !name.equals(FILE)) {
                    files.put(name, file);
                }
            }
        }
        return files;
    }

    /**
     * Compares the files of a bundle with its list.
     *
     * @param bundle the bundle's folder
     * @throws FileFormatException if the folder has no list, or cannot be read
     */
    public static Verification verify(Path bundle) {
        Path list = bundle.resolve(FILE);
        if (!Files.isRegularFile(list, LinkOption.NOFOLLOW_LINKS)) {
            throw new FileFormatException(
                    bundle,
                    "expected a bundle, which has the hashes of its files in " + FILE + ", but there is no such file");
        }
        try {
            var problems = new ArrayList<Problem>();
            SortedMap<String, String> expected = read(list, problems);
            SortedMap<String, Path> found = files(bundle);
            var names = new TreeSet<>(expected.keySet());
            names.addAll(found.keySet());
            for (String name : names) {
                String hash = expected.get(name);
                Path file = found.get(name);
                if (file == null) {
                    problems.add(new Problem(Kind.MISSING, name, "is missing"));
                } else if (hash == null) {
                    problems.add(new Problem(Kind.EXTRA, name, "is not listed in " + FILE));
                } else {
                    compare(name, file, hash, problems);
                }
            }
            return new Verification(bundle, names.size(), problems);
        } catch (IOException e) {
            throw new FileFormatException(bundle, "cannot be read: " + e, e);
        }
    }

    private static void compare(String name, Path file, String expected, List<Problem> problems) throws IOException {
        if (!Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
            problems.add(new Problem(Kind.CHANGED, name, "expected a file, found a link or something else"));
            return;
        }
        String hash = sha256(file);
        if (!hash.equals(expected)) {
            problems.add(new Problem(Kind.CHANGED, name, "expected SHA-256 " + expected + ", found " + hash));
        }
    }

    private static SortedMap<String, String> read(Path list, List<Problem> problems) throws IOException {
        var hashes = new TreeMap<String, String>();
        if (Files.size(list) > MAX_BYTES) {
            problems.add(new Problem(
                    Kind.MALFORMED, FILE, "expected at most " + MAX_BYTES + " bytes, found " + Files.size(list)));
            return hashes;
        }
        String text = new String(Files.readAllBytes(list), StandardCharsets.UTF_8);
        int number = 0;
        for (String line : text.split("\n", -1)) {
            number++;
            Matcher parts = LINE.matcher(line);
            if (parts.matches()) {
                hashes.put(parts.group(2), parts.group(1));
            } else if (!line.isEmpty()) {
                problems.add(new Problem(
                        Kind.MALFORMED,
                        FILE,
                        "line " + number + ": expected 64 hexadecimal digits, two spaces, a name"));
            }
        }
        if (problems.isEmpty() && !render(hashes).equals(text)) {
            problems.add(new Problem(
                    Kind.MALFORMED, FILE, "expected lines sorted by name, each name once, and nothing between them"));
        }
        return hashes;
    }
}
