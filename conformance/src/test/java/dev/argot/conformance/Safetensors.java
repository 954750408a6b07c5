package dev.argot.conformance;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.argot.spi.ElementType;
import dev.argot.spi.StoredTensor;
import dev.argot.spi.Tensor;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Reads small safetensors files, independently of the library under test. */
final class Safetensors {
    private Safetensors() {}

    /** A tensor of the file. */
    record Entry(String name, ElementType type, List<Long> shape, ByteBuffer bytes) implements StoredTensor {
        @Override
        public Optional<ByteBuffer> mapped() {
            return Optional.empty();
        }

        @Override
        public void toFloat32(long from, FloatBuffer target) {
            for (int i = (int) from; target.hasRemaining(); i++) {
                target.put((float) value(i));
            }
        }

        private double value(int i) {
            return switch (type) {
                case FLOAT32 -> bytes.getFloat(4 * i);
                case FLOAT64 -> bytes.getDouble(8 * i);
                case FLOAT16 -> Float.float16ToFloat(bytes.getShort(2 * i));
                case BFLOAT16 -> Float.intBitsToFloat(bytes.getShort(2 * i) << 16);
                case INT64 -> bytes.getLong(8 * i);
                case UINT8, BOOL -> bytes.get(i) & 0xFF;
                case INT32, INT16, INT8, BLOCK_QUANTISED -> throw new IllegalArgumentException(name + ": " + type);
            };
        }

        private long[] dimensions() {
            return shape.stream().mapToLong(Long::longValue).toArray();
        }

        /** The tensor's elements as float32. */
        Tensor.Floats floats() {
            float[] data = new float[(int) elements()];
            toFloat32(0, FloatBuffer.wrap(data));
            return new Tensor.Floats(data, dimensions());
        }

        /** The tensor's elements as integers. */
        Tensor.Longs longs() {
            long[] data = new long[(int) elements()];
            for (int i = 0; i < data.length; i++) {
                data[i] = bytes.getLong(8 * i);
            }
            return new Tensor.Longs(data, dimensions());
        }
    }

    /** All tensors of a file. */
    static Map<String, Entry> read(Path file) {
        try {
            ByteBuffer all = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
            int header = (int) all.getLong(0);
            JsonNode json = new ObjectMapper().readTree(new String(all.array(), 8, header, StandardCharsets.UTF_8));
            Map<String, Entry> tensors = new LinkedHashMap<>();
            json.properties().forEach(property -> {
                if (!property.getKey().equals("__metadata__")) {
                    JsonNode value = property.getValue();
                    int from = value.get("data_offsets").get(0).asInt();
                    int to = value.get("data_offsets").get(1).asInt();
                    List<Long> shape = new ArrayList<>();
                    value.get("shape").forEach(d -> shape.add(d.asLong()));
                    tensors.put(
                            property.getKey(),
                            new Entry(
                                    property.getKey(),
                                    type(value.get("dtype").asText()),
                                    shape,
                                    all.slice(8 + header + from, to - from).order(ByteOrder.LITTLE_ENDIAN)));
                }
            });
            return tensors;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static ElementType type(String name) {
        return switch (name) {
            case "F64" -> ElementType.FLOAT64;
            case "F32" -> ElementType.FLOAT32;
            case "F16" -> ElementType.FLOAT16;
            case "BF16" -> ElementType.BFLOAT16;
            case "U8" -> ElementType.UINT8;
            case "BOOL" -> ElementType.BOOL;
            case "I64" -> ElementType.INT64;
            default -> throw new IllegalArgumentException(name);
        };
    }
}
