package dev.argot.examples.cli;

import dev.argot.api.Argot;
import dev.argot.api.Argot.ProviderInfo;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Says what there is to work with. */
@Command(
        name = "info",
        description = "Show the version, the machine and every plug-in found, the broken ones with the reason.")
final class InfoCommand implements Callable<Integer> {
    @Option(names = "--json", description = "Print one JSON object.")
    private boolean json;

    @Spec
    @SuppressWarnings("NullAway.Init") // set by picocli
    private CommandSpec spec;

    @Override
    public Integer call() throws IOException {
        PrintWriter out = spec.commandLine().getOut();
        String java = System.getProperty("java.version") + " (" + System.getProperty("java.vm.vendor") + ")";
        String system = System.getProperty("os.name") + " " + System.getProperty("os.arch");
        int processors = Runtime.getRuntime().availableProcessors();
        try (Argot argot = Argot.open()) {
            if (json) {
                Json.print(out, j -> {
                    j.writeStringField("version", Main.Version.read());
                    j.writeStringField("java", java);
                    j.writeStringField("system", system);
                    j.writeNumberField("processors", processors);
                    j.writeArrayFieldStart("providers");
                    for (ProviderInfo info : argot.providers()) {
                        j.writeStartObject();
                        j.writeStringField("kind", info.kind());
                        j.writeStringField("name", info.name());
                        j.writeStringField("origin", info.origin());
                        j.writeBooleanField("available", info.available());
                        j.writeStringField("remark", info.remark());
                        j.writeEndObject();
                    }
                    j.writeEndArray();
                });
                return 0;
            }
            out.println("argot " + Main.Version.read() + ", Java " + java + ", " + system + ", " + processors
                    + " processors");
            for (ProviderInfo info : argot.providers()) {
                out.printf(
                        "%-14s %-12s %s%s%n",
                        info.kind(), info.name(), info.available() ? "" : "NOT AVAILABLE: ", info.remark());
            }
        }
        return 0;
    }
}
