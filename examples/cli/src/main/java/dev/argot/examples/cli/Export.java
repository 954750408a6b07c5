package dev.argot.examples.cli;

import dev.argot.api.Argot;
import dev.argot.api.ExportOptions;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;

/** What {@code merge} and {@code export} share. */
final class Export {
    private Export() {}

    static void run(
            Setup setup,
            String model,
            Path folder,
            ExportOptions options,
            boolean json,
            PrintWriter out,
            PrintWriter err)
            throws IOException {
        try (Argot argot = setup.open(err)) {
            argot.export(model, folder, setup.offline() ? options.withoutNetwork() : options);
        }
        long bytes = 0;
        try (var files = Files.list(folder)) {
            for (Path file : files.toList()) {
                bytes += Files.size(file);
            }
        }
        long written = bytes;
        if (json) {
            Json.print(out, j -> {
                j.writeStringField("model", model);
                j.writeStringField("folder", folder.toString());
                j.writeNumberField("bytes", written);
            });
        } else {
            out.println(folder);
        }
    }
}
