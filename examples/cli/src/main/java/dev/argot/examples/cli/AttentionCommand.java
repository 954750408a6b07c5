package dev.argot.examples.cli;

import dev.argot.api.Argot;
import dev.argot.api.AttentionMap;
import dev.argot.api.AttentionRequest;
import dev.argot.api.Model;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Shows what the tokens of a text look at. */
@Command(
        name = "attention",
        description =
                "Show what the tokens of a text look at, in every head of every layer: a page to click through, or JSON.")
final class AttentionCommand implements Callable<Integer> {
    @Mixin
    private ModelOption model = new ModelOption();

    @Option(
            names = "--before",
            paramLabel = "MODEL",
            description = "The model before it was adapted: its attention is shown beside the other's.")
    private @Nullable String before;

    @Option(names = "--text", paramLabel = "TEXT", required = true, description = "The text itself.")
    private String text = "";

    @Option(
            names = "--target",
            paramLabel = "TEXT",
            description =
                    "What the decoder of an encoder-decoder model writes. Default: its own greedy answer, at most 32 tokens.")
    private @Nullable String target;

    @Option(
            names = "--layers",
            paramLabel = "N",
            split = ",",
            description = "Numbers of layers, from 0, separated by commas. Default: all of them.")
    private Set<Integer> layers = new LinkedHashSet<>();

    @Option(
            names = "--heads",
            paramLabel = "N",
            split = ",",
            description = "Numbers of heads, from 0, separated by commas. Default: all of them.")
    private Set<Integer> heads = new LinkedHashSet<>();

    @Option(names = "--out", paramLabel = "FILE", description = "Write a page there, such as map.html.")
    private @Nullable Path page;

    @Option(names = "--json", description = "Print one JSON object, with all weights, as the last line.")
    private boolean json;

    @Mixin
    private Setup setup = new Setup();

    @Spec
    @SuppressWarnings("NullAway.Init") // set by picocli
    private CommandSpec spec;

    @Override
    public Integer call() throws IOException {
        PrintWriter out = spec.commandLine().getOut();
        if (page == null && !json) {
            throw new ParameterException(spec.commandLine(), "expected --out FILE, --json or both");
        }
        var request = new AttentionRequest(text, Optional.ofNullable(target), layers, heads);
        try (Argot argot = setup.open(spec.commandLine().getErr())) {
            @Nullable AttentionMap first = before == null ? null : map(argot, before, request);
            AttentionMap map = map(argot, model.name(), request);
            if (page != null && first == null) {
                argot.reports().write(map, page);
            } else if (page != null && first != null) {
                argot.reports().write(first, map, page);
            }
            if (page != null && !json) {
                out.println(page);
            }
            if (json) {
                Json.print(out, j -> {
                    j.writeFieldName("attention");
                    j.writeRawValue(argot.reports().json(map));
                    if (first != null) {
                        j.writeFieldName("before");
                        j.writeRawValue(argot.reports().json(first));
                    }
                    if (page != null) {
                        j.writeStringField("page", page.toString());
                    }
                });
            }
        }
        return 0;
    }

    private AttentionMap map(Argot argot, String name, AttentionRequest request) {
        try (Model loaded = argot.load(Model.class, name, setup.options(setup.precision()))) {
            long start = System.nanoTime();
            AttentionMap map = loaded.attention(request);
            spec.commandLine()
                    .getErr()
                    .printf(
                            Locale.ROOT,
                            "argot: %s, %d heads over %d tokens in %.2f s%n",
                            loaded.engine(),
                            map.heads().size(),
                            map.sources().size() + map.targets().size(),
                            (System.nanoTime() - start) / 1e9);
            return map;
        } catch (IllegalArgumentException e) {
            throw new ParameterException(spec.commandLine(), String.valueOf(e.getMessage()), e);
        }
    }
}
