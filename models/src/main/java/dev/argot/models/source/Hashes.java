package dev.argot.models.source;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/** Checksums in hexadecimal. */
final class Hashes {
    private Hashes() {}

    static MessageDigest sha256() {
        return digest("SHA-256");
    }

    /** For the names that git gives to contents; says nothing about authenticity. */
    static MessageDigest sha1() {
        return digest("SHA-1");
    }

    private static MessageDigest digest(String name) {
        try {
            return MessageDigest.getInstance(name);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java runtime has " + name, e);
        }
    }

    static String hex(MessageDigest digest) {
        return HexFormat.of().formatHex(digest.digest());
    }

    /** Adds a file's content to a digest. */
    static void update(MessageDigest digest, Path file) throws IOException {
        try (InputStream in = Files.newInputStream(file)) {
            var buffer = new byte[1 << 16];
            for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
                digest.update(buffer, 0, n);
            }
        }
    }

    static String sha256(Path file) throws IOException {
        MessageDigest digest = sha256();
        update(digest, file);
        return hex(digest);
    }
}
