package dev.argot.core.adaptation;

import dev.argot.api.ArgotException;
import dev.argot.api.FileFormatException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/** The SHA-256 of each file of a folder, in a file that {@code sha256sum --check} reads. Stateless. */
final class Checksums {
    /** The file's name. */
    static final String FILE = "SHA256SUMS";

    private Checksums() {}

    /** Writes the file, forced to the disk. */
    static void write(Path folder) throws IOException {
        var text = new StringBuilder();
        of(folder).forEach((name, sum) -> text.append(sum).append("  ").append(name).append('\n'));
        Path file = folder.resolve(FILE);
        Files.writeString(file, text);
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
            channel.force(true);
        }
    }

    /**
     * Checks every file.
     *
     * @throws FileFormatException naming the first that is missing, changed or not listed
     */
    static void verify(Path folder) {
        Path file = folder.resolve(FILE);
        try {
            Map<String, String> found = of(folder);
            var expected = new TreeMap<String, String>();
            for (String line : Files.readAllLines(file)) {
                if (line.length() < 67 || !line.startsWith("  ", 64)) {
                    throw new FileFormatException(file, "expected lines of checksum, two blanks, name; found '" + line + "'");
                }
                expected.put(line.substring(66), line.substring(0, 64));
            }
            for (Map.Entry<String, String> entry : expected.entrySet()) {
                String sum = found.remove(entry.getKey());
                if (!entry.getValue().equals(sum)) {
                    throw new FileFormatException(
                            folder.resolve(entry.getKey()),
                            "expected SHA-256 " + entry.getValue() + ", "
                                    + (sum == null ? "but it is missing" : "found " + sum));
                }
            }
            if (!found.isEmpty()) {
                throw new FileFormatException(
                        folder.resolve(found.keySet().iterator().next()), "is not listed in " + FILE);
            }
        } catch (IOException e) {
            throw new FileFormatException(file, "cannot be read: " + e, e);
        }
    }

    private static Map<String, String> of(Path folder) throws IOException {
        var sums = new TreeMap<String, String>();
        List<Path> files;
        try (Stream<Path> all = Files.list(folder)) {
            files = all.filter(f -> !f.getFileName().toString().equals(FILE)).toList();
        }
        for (Path file : files) {
            sums.put(file.getFileName().toString(), sha256(file));
        }
        return sums;
    }

    /** The checksum of a file, in hexadecimal digits. */
    static String sha256(Path file) throws IOException {
        MessageDigest digest = digest();
        var buffer = new byte[1 << 16];
        try (InputStream in = Files.newInputStream(file)) {
            for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
                digest.update(buffer, 0, n);
            }
        }
        return HexFormat.of().formatHex(digest.digest());
    }

    /** The checksum of a text in UTF-8, in hexadecimal digits. */
    static String sha256(String text) {
        return HexFormat.of().formatHex(digest().digest(text.getBytes(StandardCharsets.UTF_8)));
    }

    private static MessageDigest digest() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new ArgotException("this Java has no SHA-256", e);
        }
    }
}
