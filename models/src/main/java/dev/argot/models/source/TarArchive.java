package dev.argot.models.source;

import dev.argot.api.ArgotException;
import dev.argot.api.FileFormatException;
import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Function;
import java.util.zip.GZIPInputStream;
import java.util.zip.ZipException;

/**
 * A tar archive, plain or in gzip, from a source that is not trusted. All headers are validated when it is opened: names stay inside, no
 * name twice, nothing but files and folders, sizes that the file can hold. Read are the formats ustar, pax (names and sizes in extended
 * headers) and GNU (long names). Not thread-safe. (Specification: POSIX.1-2017, pax.)
 */
final class TarArchive implements Archive {
    private static final int BLOCK = 512;
    private static final int MAX_ENTRIES = 10_000;
    private static final int MAX_EXTENSION = 1 << 20;

    /** Weights hardly compress, texts to a tenth; beyond this it is a bomb. */
    private static final long MAX_RATIO = 200;

    private final Path file;
    private final boolean gzip;
    private final List<Entry> entries = new ArrayList<>();

    /** A file in the archive. */
    private record Entry(String name, long size) implements Archive.Member {}

    /**
     * Opens an archive and validates its headers.
     *
     * @param file the archive
     * @throws FileFormatException if it is malformed or dangerous
     */
    TarArchive(Path file) {
        this.file = file;
        this.gzip = !file.toString().toLowerCase(Locale.ROOT).endsWith(".tar");
        try {
            var names = new HashSet<String>();
            scan((entry, content) -> {
                // Some file systems do not tell upper from lower case.
                if (!names.add(entry.name.toLowerCase(Locale.ROOT))) {
                    throw error("entry '" + entry.name + "' is there twice");
                }
                entries.add(entry);
            });
        } catch (IOException e) {
            throw new FileFormatException(file, "cannot be read: " + e, e);
        }
    }

    @Override
    public Path file() {
        return file;
    }

    @Override
    public List<Entry> members() {
        return List.copyOf(entries);
    }

    @Override
    public void unpack(Function<Member, Optional<Path>> targets) throws IOException {
        scan((entry, content) -> {
            Optional<Path> target = Archive.target(targets, entry);
            if (target.isPresent()) {
                write(entry, content, target.get());
            }
        });
    }

    private static void write(Entry entry, Content content, Path target) throws IOException {
        Path folder = target.toAbsolutePath().getParent();
        if (folder != null && Files.getFileStore(folder).getUsableSpace() < entry.size) {
            throw new ArgotException(folder + ": " + entry.size + " bytes are needed to unpack " + entry.name
                    + ", but fewer are free on that disk.");
        }
        try (OutputStream out = Files.newOutputStream(target, StandardOpenOption.CREATE_NEW)) {
            var buffer = new byte[1 << 16];
            for (int n = content.read(buffer); n >= 0; n = content.read(buffer)) {
                out.write(buffer, 0, n);
            }
        }
    }

    /** Holds nothing open between calls. */
    @Override
    public void close() {}

    private FileFormatException error(String problem) {
        return new FileFormatException(file, problem);
    }

    // ---- headers

    /** Takes a file of the archive. */
    @FunctionalInterface
    private interface Visitor {
        void file(Entry entry, Content content) throws IOException;
    }

    /** The bytes of one file, read in order. */
    private static final class Content {
        private final InputStream in;
        private long left;

        Content(InputStream in, long size) {
            this.in = in;
            this.left = size;
        }

        int read(byte[] buffer) throws IOException {
            if (left == 0) {
                return -1;
            }
            int n = in.readNBytes(buffer, 0, (int) Math.min(buffer.length, left));
            if (n == 0) {
                throw new EOFException("the archive ends within a file");
            }
            left -= n;
            return n;
        }
    }

    /** What extended headers say of the entry that follows. */
    private static final class Extension {
        private Optional<String> name = Optional.empty();
        private Optional<Long> size = Optional.empty();
    }

    private void scan(Visitor visitor) throws IOException {
        long most = Files.size(file) * (gzip ? MAX_RATIO : 1);
        try (InputStream raw = new BufferedInputStream(Files.newInputStream(file), 1 << 16);
                InputStream in = gzip ? new GZIPInputStream(raw, 1 << 16) : raw) {
            long position = 0;
            var extension = new Extension();
            int count = 0;
            while (true) {
                byte[] header = in.readNBytes(BLOCK);
                if (header.length < BLOCK) {
                    throw error("ends without the two empty blocks that close a tar archive");
                }
                position += BLOCK;
                if (isEmpty(header)) {
                    return;
                }
                checkSum(header);
                if (++count > MAX_ENTRIES) {
                    throw error("more than " + MAX_ENTRIES + " entries are more than a model needs");
                }
                char type = (char) (header[156] & 0xFF);
                boolean extended = type == 'x' || type == 'g' || type == 'L';
                long size = extended ? number(header, 124, 12) : extension.size.orElse(number(header, 124, 12));
                if (size < 0 || size > most - position) {
                    throw error(
                            "an entry of " + Long.toUnsignedString(size) + " bytes is more than the archive can hold");
                }
                var content = new Content(in, size);
                if (extended) {
                    extend(extension, type, content, size);
                } else {
                    entry(header, type, size, extension, content, visitor);
                    extension = new Extension();
                }
                in.skipNBytes(content.left + (BLOCK - size % BLOCK) % BLOCK);
                position += (size + BLOCK - 1) / BLOCK * BLOCK;
            }
        } catch (ZipException | EOFException e) {
            throw new FileFormatException(file, "is cut off or damaged: " + e.getMessage(), e);
        }
    }

    private void entry(byte[] header, char type, long size, Extension extension, Content content, Visitor visitor)
            throws IOException {
        String name = extension.name.isPresent() ? extension.name.get() : ustarName(header);
        name = name.startsWith("./") ? name.substring(2) : name; // as tar writes what it finds below '.'
        switch (type) {
            case '0', 0, '7' -> {
                Archive.checkName(file, name);
                if (name.endsWith("/")) {
                    throw error("entry '" + name + "' is named like a folder, but is a file");
                }
                visitor.file(new Entry(name, size), content);
            }
            case '5' -> {
                if (!name.isEmpty()) {
                    Archive.checkName(file, name);
                }
            }
            default ->
                throw error("entry '" + name.replaceAll("\\p{Cntrl}", "?")
                        + "' is a link, a device or something else; only files and folders are unpacked");
        }
    }

    private void extend(Extension extension, char type, Content content, long size) throws IOException {
        if (size > MAX_EXTENSION) {
            throw error("an extended header of " + size + " bytes is more than a name needs");
        }
        var bytes = new byte[(int) size];
        if (size > 0) {
            content.read(bytes);
        }
        if (type == 'L') {
            extension.name = Optional.of(text(bytes, 0, bytes.length));
        } else if (type == 'x') {
            records(extension, bytes);
        }
    }

    /** Records of a pax header: length, blank, key, equals sign, value, line feed. */
    private void records(Extension extension, byte[] bytes) {
        int at = 0;
        while (at < bytes.length) {
            int blank = at;
            while (blank < bytes.length && bytes[blank] >= '0' && bytes[blank] <= '9' && blank - at < 8) {
                blank++;
            }
            if (blank == at || blank == bytes.length || bytes[blank] != ' ') {
                throw error("an extended header is malformed");
            }
            int end = at + Integer.parseInt(new String(bytes, at, blank - at, StandardCharsets.US_ASCII));
            if (end <= blank + 1 || end > bytes.length || bytes[end - 1] != '\n') {
                throw error("an extended header is malformed");
            }
            String entry = text(bytes, blank + 1, end - 1);
            if (entry.startsWith("path=")) {
                extension.name = Optional.of(entry.substring(5));
            } else if (entry.startsWith("size=")) {
                try {
                    extension.size = Optional.of(Long.parseLong(entry.substring(5)));
                } catch (NumberFormatException e) {
                    throw new FileFormatException(file, "an extended header is malformed: " + entry, e);
                }
            }
            at = end;
        }
    }

    private String ustarName(byte[] header) {
        String name = text(header, 0, 100);
        boolean ustar = text(header, 257, 262).equals("ustar") && header[262] == 0;
        String prefix = ustar ? text(header, 345, 500) : "";
        return prefix.isEmpty() ? name : prefix + "/" + name;
    }

    /** A text that ends at a zero byte or the end of its field. */
    private String text(byte[] bytes, int from, int to) {
        int end = from;
        while (end < to && bytes[end] != 0) {
            end++;
        }
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes, from, end - from))
                    .toString();
        } catch (CharacterCodingException e) {
            throw new FileFormatException(file, "the name of an entry is not UTF-8", e);
        }
    }

    /** A number in octal digits, or with the first bit set in binary (GNU). */
    private long number(byte[] header, int from, int length) {
        long value = 0;
        if ((header[from] & 0x80) != 0) {
            for (int i = from + length - 8; i < from + length; i++) {
                value = (value << 8) | (header[i] & 0xFF);
            }
            return value;
        }
        for (int i = from; i < from + length; i++) {
            int c = header[i];
            if (c >= '0' && c <= '7') {
                value = (value << 3) | (c - '0');
            } else if (c != ' ' && c != 0) {
                throw error("expected a number in a header, found something else");
            }
        }
        return value;
    }

    private void checkSum(byte[] header) {
        long expected = number(header, 148, 8);
        long sum = 0;
        for (int i = 0; i < BLOCK; i++) {
            sum += i >= 148 && i < 156 ? ' ' : header[i] & 0xFF;
        }
        if (sum != expected) {
            throw error("expected a tar archive, but the checksum of a header is wrong");
        }
    }

    private static boolean isEmpty(byte[] header) {
        for (byte b : header) {
            if (b != 0) {
                return false;
            }
        }
        return true;
    }
}
