package dev.argot.engine.gpu;

import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/**
 * Writes a TorchScript archive: a zip of stored entries with the program's text and a pickle of its one object. There are no tensors in
 * it; weights are arguments.
 */
final class ScriptArchive {
    private ScriptArchive() {}

    /** The archive of a program whose class is {@code __torch__.Program}. */
    static byte[] of(String source) {
        try {
            var bytes = new ByteArrayOutputStream();
            try (var zip = new ZipOutputStream(bytes)) {
                put(zip, "program/data.pkl", object());
                put(zip, "program/code/__torch__.py", source.getBytes(StandardCharsets.UTF_8));
                put(zip, "program/constants.pkl", new byte[] {(byte) 0x80, 2, ')', '.'
                }); // protocol 2, empty tuple, stop
                put(zip, "program/version", "10\n".getBytes(StandardCharsets.US_ASCII));
                put(zip, "program/byteorder", "little".getBytes(StandardCharsets.US_ASCII));
            }
            return bytes.toByteArray();
        } catch (IOException e) {
            throw new UncheckedIOException(e); // an array does not fail
        }
    }

    /** Pickle, protocol 2: a {@code __torch__.Program} whose state is {@code {"training": True}}. */
    private static byte[] object() throws IOException {
        var bytes = new ByteArrayOutputStream();
        var out = new DataOutputStream(bytes);
        out.write(new byte[] {(byte) 0x80, 2}); // PROTO 2
        out.writeBytes("c__torch__\nProgram\n"); // GLOBAL
        out.writeBytes(")"); // EMPTY_TUPLE
        out.write(0x81); // NEWOBJ
        out.writeBytes("}("); // EMPTY_DICT, MARK
        out.writeBytes("X"); // BINUNICODE, length little-endian
        out.writeInt(Integer.reverseBytes("training".length()));
        out.writeBytes("training");
        out.write(0x88); // NEWTRUE
        out.writeBytes("ub."); // SETITEMS, BUILD, STOP
        return bytes.toByteArray();
    }

    private static void put(ZipOutputStream zip, String name, byte[] content) throws IOException {
        var entry = new ZipEntry(name);
        entry.setMethod(ZipEntry.STORED);
        entry.setSize(content.length);
        entry.setCompressedSize(content.length);
        var crc = new CRC32();
        crc.update(content);
        entry.setCrc(crc.getValue());
        entry.setTime(0);
        zip.putNextEntry(entry);
        zip.write(content);
        zip.closeEntry();
    }
}
