package dev.argot.core.adaptation;

import dev.argot.api.ArgotException;
import java.io.BufferedOutputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * Tokenized documents on disk, read where they are needed: memory holds a few numbers a document, not its tokens. Three files: NAME.tokens
 * (32-bit ids, little-endian), NAME.index (for each document the end of its ids, the first token that is scored, the end of its name)
 * and NAME.names. Reading is thread-safe.
 */
final class TokenStore implements AutoCloseable {
    private final Path tokensFile;
    private final FileChannel tokens;
    private final FileChannel names;
    private final long[] ends;
    private final int[] scored;
    private final long[] nameEnds;

    private TokenStore(Path folder, String name) throws IOException {
        this.tokensFile = folder.resolve(name + ".tokens");
        ByteBuffer index = ByteBuffer.wrap(Files.readAllBytes(folder.resolve(name + ".index")));
        int count = index.remaining() / Writer.ENTRY;
        ends = new long[count];
        scored = new int[count];
        nameEnds = new long[count];
        for (int i = 0; i < count; i++) {
            ends[i] = index.getLong();
            scored[i] = index.getInt();
            nameEnds[i] = index.getLong();
        }
        tokens = FileChannel.open(tokensFile, StandardOpenOption.READ);
        try {
            names = FileChannel.open(folder.resolve(name + ".names"), StandardOpenOption.READ);
        } catch (IOException e) {
            tokens.close();
            throw e;
        }
    }

    /** Opens what a {@link Writer} wrote. */
    static TokenStore open(Path folder, String name) {
        try {
            return new TokenStore(folder, name);
        } catch (IOException e) {
            throw new ArgotException(folder + ": the tokens '" + name + "' cannot be read: " + e, e);
        }
    }

    int documents() {
        return ends.length;
    }

    /** Tokens of all documents. */
    long tokens() {
        return ends.length == 0 ? 0 : ends[ends.length - 1];
    }

    /** Tokens of a document. */
    int length(int document) {
        return Math.toIntExact(ends[document] - start(document));
    }

    /** Index of the first token of a document that is scored; those before are a prompt. */
    int scoredFrom(int document) {
        return scored[document];
    }

    private long start(int document) {
        return document == 0 ? 0 : ends[document - 1];
    }

    /** Copies tokens of a document. */
    void read(int document, int from, int[] target, int at, int count) {
        var bytes = ByteBuffer.allocate(count * Integer.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        readFully(tokens, bytes, (start(document) + from) * Integer.BYTES);
        bytes.asIntBuffer().get(target, at, count);
    }

    /** The id of a document. */
    String name(int document) {
        long from = document == 0 ? 0 : nameEnds[document - 1];
        var bytes = ByteBuffer.allocate(Math.toIntExact(nameEnds[document] - from));
        readFully(names, bytes, from);
        return new String(bytes.array(), StandardCharsets.UTF_8);
    }

    private void readFully(FileChannel channel, ByteBuffer bytes, long at) {
        try {
            while (bytes.hasRemaining()) {
                if (channel.read(bytes, at + bytes.position()) < 0) {
                    throw new EOFException("ends early");
                }
            }
            bytes.flip();
        } catch (IOException e) {
            throw new ArgotException(tokensFile + ": cannot be read: " + e, e);
        }
    }

    @Override
    public void close() {
        try (tokens;
                names) {
            // both are closed, whatever the first says
        } catch (IOException e) {
            throw new ArgotException(tokensFile + ": cannot be closed: " + e, e);
        }
    }

    /** Writes documents. Not thread-safe. */
    static final class Writer implements AutoCloseable {
        /** Bytes a document takes up in the index. */
        private static final int ENTRY = 2 * Long.BYTES + Integer.BYTES;

        private final Path folder;
        private final OutputStream tokens;
        private final DataOutputStream index;
        private final OutputStream names;
        private long end;
        private long nameEnd;
        private int count;

        Writer(Path folder, String name) throws IOException {
            this.folder = folder;
            tokens = new BufferedOutputStream(Files.newOutputStream(folder.resolve(name + ".tokens")), 1 << 16);
            index = new DataOutputStream(
                    new BufferedOutputStream(Files.newOutputStream(folder.resolve(name + ".index"))));
            names = new BufferedOutputStream(Files.newOutputStream(folder.resolve(name + ".names")));
        }

        /**
         * Adds a document.
         *
         * @param ids its tokens
         * @param scoredFrom index of the first that is scored
         */
        void add(String name, int[] ids, int scoredFrom) {
            if (ids.length == 0) {
                return;
            }
            try {
                var bytes = ByteBuffer.allocate(ids.length * Integer.BYTES).order(ByteOrder.LITTLE_ENDIAN);
                bytes.asIntBuffer().put(ids);
                tokens.write(bytes.array());
                byte[] text = name.getBytes(StandardCharsets.UTF_8);
                names.write(text);
                end += ids.length;
                nameEnd += text.length;
                index.writeLong(end);
                index.writeInt(scoredFrom);
                index.writeLong(nameEnd);
                count++;
            } catch (IOException e) {
                throw new ArgotException(folder + ": tokens cannot be written: " + e, e);
            }
        }

        long tokens() {
            return end;
        }

        int documents() {
            return count;
        }

        @Override
        public void close() {
            try (tokens;
                    index;
                    names) {
                // all are closed, whatever the others say
            } catch (IOException e) {
                throw new ArgotException(folder + ": tokens cannot be written: " + e, e);
            }
        }
    }
}
