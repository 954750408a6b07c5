package dev.argot.models.source;

import dev.argot.api.ArgotException;
import dev.argot.api.FileFormatException;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Function;
import java.util.zip.CRC32;
import java.util.zip.CheckedInputStream;
import java.util.zip.Inflater;
import java.util.zip.InflaterInputStream;

/**
 * A zip archive (and so a wheel) from a source that is not trusted. The whole directory is validated when it is opened: names stay inside,
 * no name twice, no links, no encryption, sizes plausible, entries do not overlap, and entry headers agree with the directory. Read here
 * rather than with {@link java.util.zip.ZipFile}, which shows neither links nor the entry headers and does not compare checksums. Not
 * thread-safe. (Specification: PKWARE APPNOTE 6.3.)
 */
final class ZipArchive implements Archive {
    private static final int END_SIZE = 22;
    private static final int MAX_COMMENT = 0xFFFF;
    private static final int MAX_ENTRIES = 10_000;
    private static final long MAX_DIRECTORY = 16 << 20;

    /** Weights hardly compress, texts to a tenth; beyond this it is a bomb. */
    private static final long MAX_RATIO = 200;

    private static final int STORED = 0;
    private static final int DEFLATED = 8;
    private static final long UNIX_TYPE = 0xF000;

    private final Path file;
    private final FileChannel channel;
    private final List<Entry> entries = new ArrayList<>();

    /**
     * A file in the archive.
     *
     * @param name relative path with slashes
     * @param size its bytes when unpacked
     */
    record Entry(String name, int flags, int method, long crc, long packed, long size, long header)
            implements Archive.Member {}

    /**
     * Opens an archive and validates its directory.
     *
     * @param file the archive
     * @throws FileFormatException if it is malformed or dangerous
     */
    ZipArchive(Path file) {
        this.file = file;
        FileChannel opened = null;
        try {
            opened = FileChannel.open(file);
            this.channel = opened;
            readDirectory();
            checkLayout();
        } catch (IOException e) {
            close(opened);
            throw new FileFormatException(file, "cannot be read: " + e, e);
        } catch (RuntimeException e) {
            close(opened);
            throw e;
        }
    }

    private static void close(@org.jspecify.annotations.Nullable FileChannel channel) {
        if (channel != null) {
            try {
                channel.close();
            } catch (IOException e) {
                throw new java.io.UncheckedIOException(e);
            }
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
        for (Entry entry : entries) {
            Optional<Path> target = Archive.target(targets, entry);
            if (target.isPresent()) {
                unpack(entry, target.get());
            }
        }
    }

    @Override
    public void close() {
        close(channel);
    }

    private FileFormatException error(String problem) {
        return new FileFormatException(file, problem);
    }

    private ByteBuffer read(long position, int length) throws IOException {
        var buffer = ByteBuffer.allocate(length).order(ByteOrder.LITTLE_ENDIAN);
        while (buffer.hasRemaining()) {
            if (position < 0 || channel.read(buffer, position + buffer.position()) < 0) {
                throw error("ends before its directory says");
            }
        }
        return buffer.flip();
    }

    // ---- directory

    private void readDirectory() throws IOException {
        long size = channel.size();
        if (size < END_SIZE) {
            throw error("expected a zip archive, found only " + size + " bytes");
        }
        int tailSize = (int) Math.min(size, END_SIZE + MAX_COMMENT);
        ByteBuffer tail = read(size - tailSize, tailSize);
        int end = tailSize - END_SIZE;
        while (end >= 0 && tail.getInt(end) != 0x06054b50) {
            end--;
        }
        if (end < 0) {
            throw error("expected a zip archive, but it has no directory at its end");
        }
        long endPosition = size - tailSize + end;
        long count = tail.getShort(end + 10) & 0xFFFF;
        long length = tail.getInt(end + 12) & 0xFFFF_FFFFL;
        long start = tail.getInt(end + 16) & 0xFFFF_FFFFL;
        if (count == 0xFFFF || length == 0xFFFF_FFFFL || start == 0xFFFF_FFFFL) {
            ByteBuffer locator = read(endPosition - 20, 20);
            if (locator.getInt(0) != 0x07064b50) {
                throw error("expected the end of a zip64 directory, found none");
            }
            ByteBuffer end64 = read(locator.getLong(8), 56);
            if (end64.getInt(0) != 0x06064b50) {
                throw error("expected the end of a zip64 directory, found none");
            }
            count = end64.getLong(32);
            length = end64.getLong(40);
            start = end64.getLong(48);
        }
        if (count < 0 || count > MAX_ENTRIES || length < 0 || length > MAX_DIRECTORY) {
            throw error("a directory of " + Long.toUnsignedString(count) + " entries and "
                    + Long.toUnsignedString(length) + " bytes is more than a model needs");
        }
        if (start < 0 || start > endPosition - length) {
            throw error("the directory lies outside the file");
        }
        ByteBuffer directory = read(start, (int) length);
        var names = new HashSet<String>();
        for (long i = 0; i < count; i++) {
            Entry entry = entry(directory, start);
            // Some file systems do not tell upper from lower case.
            if (!names.add(entry.name.toLowerCase(Locale.ROOT))) {
                throw error("entry '" + entry.name + "' is there twice");
            }
            if (!entry.name.endsWith("/")) {
                entries.add(entry);
            }
        }
    }

    private Entry entry(ByteBuffer in, long directoryStart) throws IOException {
        if (in.remaining() < 46 || in.getInt(in.position()) != 0x02014b50) {
            throw error("its directory is cut off");
        }
        int p = in.position();
        int flags = in.getShort(p + 8) & 0xFFFF;
        int method = in.getShort(p + 10) & 0xFFFF;
        long crc = in.getInt(p + 16) & 0xFFFF_FFFFL;
        long packed = in.getInt(p + 20) & 0xFFFF_FFFFL;
        long size = in.getInt(p + 24) & 0xFFFF_FFFFL;
        int nameLength = in.getShort(p + 28) & 0xFFFF;
        int extraLength = in.getShort(p + 30) & 0xFFFF;
        int commentLength = in.getShort(p + 32) & 0xFFFF;
        long attributes = in.getInt(p + 38) & 0xFFFF_FFFFL;
        long header = in.getInt(p + 42) & 0xFFFF_FFFFL;
        int next = p + 46 + nameLength + extraLength + commentLength;
        if (next > in.limit()) {
            throw error("its directory is cut off");
        }
        String name = name(in.slice(p + 46, nameLength));
        ByteBuffer extra = zip64(in.slice(p + 46 + nameLength, extraLength).order(ByteOrder.LITTLE_ENDIAN));
        size = size == 0xFFFF_FFFFL ? number64(extra, name) : size;
        packed = packed == 0xFFFF_FFFFL ? number64(extra, name) : packed;
        header = header == 0xFFFF_FFFFL ? number64(extra, name) : header;
        in.position(next);
        Archive.checkName(file, name);
        long type = attributes >>> 16 & UNIX_TYPE;
        if (type != 0 && type != 0x8000 && type != 0x4000) {
            throw error("entry '" + name + "' is a link or a device; only files and folders are unpacked");
        }
        if ((flags & 1) != 0) {
            throw error("entry '" + name + "' is encrypted");
        }
        if (method != STORED && method != DEFLATED) {
            throw error(
                    "entry '" + name + "': packing method " + method + " is not supported (stored and deflated are)");
        }
        if (size < 0 || packed < 0 || header < 0 || header > directoryStart - 30 || packed > directoryStart) {
            throw error("entry '" + name + "' lies outside the file");
        }
        if (method == STORED ? size != packed : size / MAX_RATIO > packed) {
            throw error("entry '" + name + "': " + packed + " bytes that become " + size
                    + " when unpacked are not plausible for a model");
        }
        return new Entry(name, flags, method, crc, packed, size, header);
    }

    private String name(ByteBuffer bytes) {
        try {
            return StandardCharsets.UTF_8.newDecoder().decode(bytes).toString();
        } catch (CharacterCodingException e) {
            throw new FileFormatException(file, "the name of an entry is not UTF-8", e);
        }
    }

    /** The part of the extra field that holds numbers too large for the entry. */
    private static ByteBuffer zip64(ByteBuffer extra) {
        while (extra.remaining() >= 4) {
            int id = extra.getShort() & 0xFFFF;
            int length = Math.min(extra.getShort() & 0xFFFF, extra.remaining());
            if (id == 1) {
                return extra.slice(extra.position(), length).order(ByteOrder.LITTLE_ENDIAN);
            }
            extra.position(extra.position() + length);
        }
        return ByteBuffer.allocate(0);
    }

    private long number64(ByteBuffer extra, String name) {
        if (extra.remaining() < 8) {
            throw error("entry '" + name + "' lacks its zip64 sizes");
        }
        return extra.getLong();
    }

    /** Entries must not share bytes, and each entry's own header must agree with the directory. */
    private void checkLayout() throws IOException {
        var sorted = new ArrayList<>(entries);
        sorted.sort(Comparator.comparingLong(Entry::header));
        long end = 0;
        for (Entry entry : sorted) {
            if (entry.header < end) {
                throw error("entry '" + entry.name + "' overlaps the one before it");
            }
            end = dataStart(entry) + entry.packed;
            if (end > channel.size()) {
                throw error("entry '" + entry.name + "' lies outside the file");
            }
        }
    }

    private long dataStart(Entry entry) throws IOException {
        ByteBuffer header = read(entry.header, 30);
        if (header.getInt(0) != 0x04034b50) {
            throw error("entry '" + entry.name + "': expected its header, found something else");
        }
        int nameLength = header.getShort(26) & 0xFFFF;
        int extraLength = header.getShort(28) & 0xFFFF;
        ByteBuffer rest = read(entry.header + 30, nameLength + extraLength);
        boolean agrees = name(rest.slice(0, nameLength)).equals(entry.name)
                && (header.getShort(6) & 1) == (entry.flags & 1)
                && (header.getShort(8) & 0xFFFF) == entry.method;
        boolean sizesFollow = (header.getShort(6) & 8) != 0;
        if (agrees && !sizesFollow) {
            ByteBuffer extra = zip64(rest.slice(nameLength, extraLength).order(ByteOrder.LITTLE_ENDIAN));
            long packed = header.getInt(18) & 0xFFFF_FFFFL;
            long size = header.getInt(22) & 0xFFFF_FFFFL;
            size = size == 0xFFFF_FFFFL ? number64(extra, entry.name) : size;
            packed = packed == 0xFFFF_FFFFL ? number64(extra, entry.name) : packed;
            agrees = packed == entry.packed && size == entry.size && (header.getInt(14) & 0xFFFF_FFFFL) == entry.crc;
        }
        if (!agrees) {
            throw error("entry '" + entry.name + "': its header and the archive's directory differ");
        }
        return entry.header + 30 + nameLength + extraLength;
    }

    // ---- unpacking

    /**
     * Unpacks a file and compares size and checksum.
     *
     * @param entry an entry of this archive
     * @param target a file that does not exist
     * @throws FileFormatException if the content is not what the directory says; the target then holds what was unpacked so far
     */
    void unpack(Entry entry, Path target) throws IOException {
        Path folder = target.toAbsolutePath().getParent();
        if (folder != null && Files.getFileStore(folder).getUsableSpace() < entry.size) {
            throw new ArgotException(folder + ": " + entry.size + " bytes are needed to unpack " + entry.name
                    + ", but fewer are free on that disk.");
        }
        try (OutputStream out = Files.newOutputStream(target, StandardOpenOption.CREATE_NEW);
                InputStream in = content(entry)) {
            // One byte more would already be too many.
            var crc = new CRC32();
            var checked = new CheckedInputStream(in, crc);
            var buffer = new byte[1 << 16];
            long total = 0;
            for (int n = checked.read(buffer); n >= 0; n = checked.read(buffer)) {
                total += n;
                if (total > entry.size) {
                    throw error("entry '" + entry.name + "': expected " + entry.size + " bytes, found more");
                }
                out.write(buffer, 0, n);
            }
            if (total != entry.size || crc.getValue() != entry.crc) {
                throw error("entry '" + entry.name + "': " + entry.size + " bytes with checksum "
                        + Long.toHexString(entry.crc) + " expected, found " + total + " with "
                        + Long.toHexString(crc.getValue()));
            }
        } catch (java.util.zip.ZipException | java.io.EOFException e) {
            throw new FileFormatException(file, "entry '" + entry.name + "' cannot be unpacked: " + e.getMessage(), e);
        }
    }

    private InputStream content(Entry entry) throws IOException {
        var packed = new BufferedInputStream(new Range(dataStart(entry), entry.packed), 1 << 16);
        return entry.method == STORED ? packed : new InflaterStream(packed);
    }

    /** An inflater without zlib header that frees its native memory. */
    private static final class InflaterStream extends InflaterInputStream {
        InflaterStream(InputStream in) {
            super(in, new Inflater(true), 1 << 16);
        }

        @Override
        public void close() throws IOException {
            try {
                super.close();
            } finally {
                inf.end();
            }
        }
    }

    /** A part of the file. */
    private final class Range extends InputStream {
        private long position;
        private long left;

        Range(long position, long length) {
            this.position = position;
            this.left = length;
        }

        @Override
        public int read() throws IOException {
            var one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
        }

        @Override
        public int read(byte[] target, int offset, int length) throws IOException {
            if (left == 0) {
                return -1;
            }
            int n = channel.read(ByteBuffer.wrap(target, offset, (int) Math.min(length, left)), position);
            if (n > 0) {
                position += n;
                left -= n;
            }
            return n;
        }
    }
}
