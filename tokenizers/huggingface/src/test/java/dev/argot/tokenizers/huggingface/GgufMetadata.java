package dev.argot.tokenizers.huggingface;

import dev.argot.spi.TokenizerData;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Reads the metadata of well-formed GGUF files, for tests. */
final class GgufMetadata {
    private final ByteBuffer in;

    private GgufMetadata(ByteBuffer in) {
        this.in = in.order(ByteOrder.LITTLE_ENDIAN);
    }

    static TokenizerData.Gguf read(Path file) throws IOException {
        try (FileChannel channel = FileChannel.open(file)) {
            long size = Math.min(channel.size(), 64 << 20);
            GgufMetadata reader = new GgufMetadata(channel.map(FileChannel.MapMode.READ_ONLY, 0, size));
            return new TokenizerData.Gguf(file, reader.metadata());
        }
    }

    private Map<String, Object> metadata() {
        in.position(16);
        long count = in.getLong();
        Map<String, Object> metadata = new HashMap<>();
        for (long i = 0; i < count; i++) {
            metadata.put(string(), value(in.getInt()));
        }
        return metadata;
    }

    private String string() {
        byte[] bytes = new byte[Math.toIntExact(in.getLong())];
        in.get(bytes);
        return new String(bytes, StandardCharsets.UTF_8);
    }

    private Object value(int type) {
        return switch (type) {
            case 0 -> (long) (in.get() & 0xFF);
            case 1 -> (long) in.get();
            case 2 -> (long) (in.getShort() & 0xFFFF);
            case 3 -> (long) in.getShort();
            case 4 -> in.getInt() & 0xFFFFFFFFL;
            case 5 -> (long) in.getInt();
            case 6 -> (double) in.getFloat();
            case 7 -> in.get() != 0;
            case 8 -> string();
            case 9 -> {
                int elementType = in.getInt();
                long count = in.getLong();
                List<Object> list = new ArrayList<>();
                for (long i = 0; i < count; i++) {
                    list.add(value(elementType));
                }
                yield list;
            }
            case 10, 11 -> in.getLong();
            case 12 -> in.getDouble();
            default -> throw new IllegalArgumentException("unknown type " + type);
        };
    }
}
