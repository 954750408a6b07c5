package dev.argot.models.format;

import dev.argot.spi.ElementType;
import dev.argot.spi.StoredTensor;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/** A tensor of numbers stored one after the other, mapped. */
final class PlainTensor implements StoredTensor {
    private static final int CHUNK = 4096;

    private final String name;
    private final ElementType type;
    private final List<Long> shape;
    private final MappedBytes bytes;

    PlainTensor(String name, ElementType type, List<Long> shape, MappedBytes bytes) {
        this.name = name;
        this.type = type;
        this.shape = List.copyOf(shape);
        this.bytes = bytes;
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public ElementType type() {
        return type;
    }

    @Override
    public List<Long> shape() {
        return shape;
    }

    @Override
    public Optional<ByteBuffer> mapped() {
        return bytes.whole();
    }

    @Override
    public void toFloat32(long from, FloatBuffer target) {
        Objects.checkFromIndexSize(from, target.remaining(), elements());
        int width = type.bytes();
        var chunk = new float[type == ElementType.FLOAT32 ? 0 : Math.min(CHUNK, target.remaining())];
        long position = from;
        while (target.hasRemaining()) {
            ByteBuffer view = bytes.view(position * width, (position + target.remaining()) * width);
            if (type == ElementType.FLOAT32) {
                target.put(view.asFloatBuffer());
                position += view.limit() / width;
            } else {
                int n = Math.min(chunk.length, view.limit() / width);
                convert(view, chunk, n);
                target.put(chunk, 0, n);
                position += n;
            }
        }
    }

    private void convert(ByteBuffer from, float[] to, int n) {
        switch (type) {
            case FLOAT64 -> {
                for (int i = 0; i < n; i++) {
                    to[i] = (float) from.getDouble(8 * i);
                }
            }
            case FLOAT16 -> {
                for (int i = 0; i < n; i++) {
                    to[i] = Float.float16ToFloat(from.getShort(2 * i));
                }
            }
            case BFLOAT16 -> {
                for (int i = 0; i < n; i++) {
                    to[i] = Float.intBitsToFloat(from.getShort(2 * i) << 16);
                }
            }
            case INT64 -> {
                for (int i = 0; i < n; i++) {
                    to[i] = from.getLong(8 * i);
                }
            }
            case INT32 -> {
                for (int i = 0; i < n; i++) {
                    to[i] = from.getInt(4 * i);
                }
            }
            case INT16 -> {
                for (int i = 0; i < n; i++) {
                    to[i] = from.getShort(2 * i);
                }
            }
            case INT8 -> {
                for (int i = 0; i < n; i++) {
                    to[i] = from.get(i);
                }
            }
            case UINT8, BOOL -> {
                for (int i = 0; i < n; i++) {
                    to[i] = from.get(i) & 0xFF;
                }
            }
            case FLOAT32, BLOCK_QUANTISED -> throw new AssertionError(type);
        }
    }

    @Override
    public String toString() {
        return name + " " + type.label() + shape;
    }
}
