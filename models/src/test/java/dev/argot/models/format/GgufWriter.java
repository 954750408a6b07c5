package dev.argot.models.format;

import dev.argot.spi.StoredTensor;
import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** Writes GGUF files with float32 tensors, as plainly as the specification says it. */
final class GgufWriter {
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    private final DataOutputStream out = new DataOutputStream(bytes);

    private GgufWriter() {}

    /** A tensor to be written. */
    record Tensor(String name, List<Long> shape, float[] values) {
        static Tensor of(String name, StoredTensor tensor) {
            return new Tensor(name, tensor.shape(), Golden.floats(tensor));
        }
    }

    static void write(Path file, Map<String, Object> metadata, List<Tensor> tensors) throws IOException {
        var writer = new GgufWriter();
        writer.out.write(new byte[] {'G', 'G', 'U', 'F'});
        writer.u32(3);
        writer.u64(tensors.size());
        writer.u64(metadata.size());
        for (Map.Entry<String, Object> entry : metadata.entrySet()) {
            writer.text(entry.getKey());
            writer.value(entry.getValue());
        }
        long offset = 0;
        for (Tensor tensor : tensors) {
            writer.text(tensor.name);
            writer.u32(tensor.shape.size());
            for (long dimension : tensor.shape.reversed()) {
                writer.u64(dimension);
            }
            writer.u32(0);
            writer.u64(offset);
            offset += (4L * tensor.values.length + 31) / 32 * 32;
        }
        for (Tensor tensor : tensors) {
            writer.align();
            var data = ByteBuffer.allocate(4 * tensor.values.length).order(ByteOrder.LITTLE_ENDIAN);
            data.asFloatBuffer().put(tensor.values);
            writer.out.write(data.array());
        }
        writer.align();
        Files.write(file, writer.bytes.toByteArray());
    }

    private void value(Object value) throws IOException {
        switch (value) {
            case Long number -> {
                u32(4);
                u32((int) (long) number);
            }
            case Double number -> {
                u32(6);
                u32(Float.floatToIntBits((float) (double) number));
            }
            case String text -> {
                u32(8);
                text(text);
            }
            default -> throw new IllegalArgumentException(value.toString());
        }
    }

    private void u32(int value) throws IOException {
        out.writeInt(Integer.reverseBytes(value));
    }

    private void u64(long value) throws IOException {
        out.writeLong(Long.reverseBytes(value));
    }

    private void text(String text) throws IOException {
        byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
        u64(utf8.length);
        out.write(utf8);
    }

    private void align() throws IOException {
        while (bytes.size() % 32 != 0) {
            out.write(0);
        }
    }
}
