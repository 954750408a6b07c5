package dev.argot.models.source;

import dev.argot.api.ArgotException;
import dev.argot.api.ModelNotFoundException;
import dev.argot.models.source.HubClient.RemoteFile;
import dev.argot.spi.ModelSourceProvider;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Models of the Hugging Face Hub, named {@code owner/name}, {@code owner/name@revision} or, for one GGUF file of a repository,
 * {@code owner/name:file.gguf}. A model is downloaded on first use and then kept; what is in the cache is used without asking the hub.
 * Only configuration, safetensors and tokenizer files are fetched, nothing that could run.
 *
 * <p>Environment: {@code HF_ENDPOINT} names another hub, {@code HF_TOKEN} an access token; {@code HTTPS_PROXY} and {@code NO_PROXY} (else
 * Java's system properties) a proxy. Cache: {@code hub/owner--name/COMMIT/} holds a complete model, {@code hub/owner--name/refs/REVISION}
 * its commit.
 */
public final class HubSource implements ModelSourceProvider {
    private static final Pattern NAME = Pattern.compile(
            "(?<id>[A-Za-z0-9][\\w.-]{0,95}/[A-Za-z0-9][\\w.-]{0,95})(@(?<revision>[A-Za-z0-9][\\w.-]{0,99}))?(:(?<file>[\\w.-]+\\.gguf))?");

    private static final Pattern WANTED = Pattern.compile(
            "(config|adapter_config|generation_config|tokenizer|tokenizer_config|special_tokens_map|added_tokens|vocab)\\.json"
                    + "|vocab\\.txt|merges\\.txt|chat_template\\.jinja|README\\.md");

    private static final Pattern SHARD = Pattern.compile("model-\\d{5}-of-\\d{5}\\.safetensors");
    private static final String WEIGHTS = "model.safetensors";
    private static final String ADAPTER = "adapter_model.safetensors";
    private static final String INDEX = "model.safetensors.index.json";

    /** Longest wait for an answer to begin. */
    private static final Duration TIMEOUT = Duration.ofSeconds(30);

    private final Map<String, String> environment;

    /** Made by the service loader. */
    public HubSource() {
        this(System.getenv());
    }

    /** A source with other environment variables. */
    HubSource(Map<String, String> environment) {
        this.environment = Map.copyOf(environment);
    }

    @Override
    public String name() {
        return "hub";
    }

    @Override
    public int order() {
        return 1000;
    }

    @Override
    public Optional<Path> resolve(Request request) {
        Matcher name = NAME.matcher(request.name());
        if (!name.matches() || request.name().contains("..")) {
            return Optional.empty();
        }
        return Optional.of(resolve(request, Reference.of(name), TIMEOUT));
    }

    /** What a name says; {@code file} is empty for a folder of safetensors. */
    private record Reference(String id, String revision, String file) {
        static Reference of(Matcher name) {
            String revision = name.group("revision");
            String file = name.group("file");
            return new Reference(name.group("id"), revision == null ? "main" : revision, file == null ? "" : file);
        }

        Path folder(Path cache) {
            return cache.resolve("hub").resolve(id.replace("/", "--"));
        }
    }

    /** The model of an id in the cache, if it is there complete. */
    static Optional<Path> cached(Path cache, String id) {
        return cached(cache, new Reference(id, "main", ""));
    }

    private static Optional<Path> cached(Path cache, Reference reference) {
        Path folder = reference.folder(cache);
        try {
            Path ref = folder.resolve("refs").resolve(reference.revision);
            if (!Files.exists(ref)) {
                return Optional.empty();
            }
            String commit = Files.readString(ref).strip();
            Path path = folder.resolve(place(commit, reference));
            return commit.matches("[0-9a-f]{7,64}") && Files.exists(path) ? Optional.of(path) : Optional.empty();
        } catch (IOException e) {
            throw new ArgotException("The cache folder " + folder + " cannot be read: " + e, e);
        }
    }

    /** Where a model lies in its repository's folder. */
    private static String place(String commit, Reference reference) {
        return reference.file.isEmpty() ? commit : commit + "-gguf/" + reference.file;
    }

    /** The default revision of an id, for which the first answer may take no longer than a time. */
    Path resolve(Request request, String id, Duration timeout) {
        return resolve(request, new Reference(id, "main", ""), timeout);
    }

    private Path resolve(Request request, Reference reference, Duration timeout) {
        Optional<Path> cached = cached(request.cache(), reference);
        if (cached.isPresent()) {
            return cached.get();
        }
        if (request.offline()) {
            throw new ModelNotFoundException(
                    "'" + request.name() + "' is not in the cache " + request.cache()
                            + ", and the network is forbidden (offline). Load it once with the network allowed, or name a path.");
        }
        Path folder = reference.folder(request.cache());
        return CacheFolder.locked(folder, () -> {
            Optional<Path> meanwhile = cached(request.cache(), reference);
            return meanwhile.isPresent() ? meanwhile.get() : fetch(request, reference, folder, timeout);
        });
    }

    private Path fetch(Request request, Reference reference, Path folder, Duration timeout) throws IOException {
        URI endpoint = URI.create(environment.getOrDefault("HF_ENDPOINT", "https://huggingface.co"));
        String commit;
        List<RemoteFile> files;
        try (var hub = new HubClient(endpoint, environment, request.connectTimeout(), timeout)) {
            commit = hub.commit(reference.id, reference.revision);
        } catch (IOException e) {
            throw new ModelNotFoundException(
                    "The hub " + endpoint.getHost() + " cannot be reached for '" + request.name() + "' (" + reason(e)
                            + "). Check the connection and the proxy (HTTPS_PROXY), or name a path.",
                    e);
        }
        Path target = folder.resolve(place(commit, reference));
        try (var hub = new HubClient(endpoint, environment, request.connectTimeout(), TIMEOUT)) {
            files = wanted(request.name(), reference, hub.files(reference.id, commit));
            if (!Files.exists(target)) {
                download(request, hub, reference, commit, files, folder);
            }
        } catch (IOException e) {
            throw new ModelNotFoundException(
                    "'" + request.name() + "' could not be downloaded (" + reason(e) + "). Try again to resume.", e);
        }
        Path refs = Files.createDirectories(folder.resolve("refs"));
        Path part = Files.writeString(refs.resolve(reference.revision + ".part"), commit);
        Files.move(part, refs.resolve(reference.revision), StandardCopyOption.ATOMIC_MOVE);
        return target;
    }

    /** What went wrong at the bottom; a failed name lookup, for instance, has no message further up. */
    private static String reason(Throwable e) {
        Throwable deepest = e;
        while (deepest.getCause() != null) {
            deepest = deepest.getCause();
        }
        String message = deepest.getMessage();
        return message == null ? deepest.getClass().getSimpleName() : message;
    }

    private static List<RemoteFile> wanted(String name, Reference reference, List<RemoteFile> files) {
        if (!reference.file.isEmpty()) {
            List<RemoteFile> one =
                    files.stream().filter(f -> f.path().equals(reference.file)).toList();
            if (one.isEmpty()) {
                throw new ModelNotFoundException("'" + reference.id + "' has no file " + reference.file + ". It has "
                        + paths(files, path -> path.endsWith(".gguf")));
            }
            return one;
        }
        boolean sharded = files.stream().anyMatch(f -> f.path().equals(INDEX));
        boolean single = files.stream().anyMatch(f -> f.path().equals(WEIGHTS));
        if (!sharded && !single && files.stream().anyMatch(f -> f.path().equals(ADAPTER))) {
            return files.stream()
                    .filter(f -> WANTED.matcher(f.path()).matches() || f.path().equals(ADAPTER))
                    .toList();
        }
        if (!sharded && !single) {
            List<String> gguf = paths(files, path -> path.endsWith(".gguf"));
            throw new ModelNotFoundException("'" + name + "' has no model.safetensors."
                    + (gguf.isEmpty()
                            ? " Pickles (pytorch_model.bin) are not read, since loading one can run code."
                            : " Name one of its GGUF files, such as '" + reference.id + ":" + gguf.getFirst() + "': "
                                    + gguf));
        }
        return files.stream()
                .filter(f -> WANTED.matcher(f.path()).matches()
                        || (sharded
                                ? f.path().equals(INDEX)
                                        || SHARD.matcher(f.path()).matches()
                                : f.path().equals(WEIGHTS)))
                .toList();
    }

    private static List<String> paths(List<RemoteFile> files, Predicate<String> which) {
        return files.stream().map(RemoteFile::path).filter(which).sorted().toList();
    }

    /** Fills a folder beside the final one; it is kept when the download breaks off. */
    private static void download(
            Request request, HubClient hub, Reference reference, String commit, List<RemoteFile> files, Path folder)
            throws IOException {
        long bytes = files.stream().mapToLong(RemoteFile::size).sum();
        request.notices()
                .accept(String.format(
                        Locale.ROOT, "Downloading %s from %s (%,d MB)", request.name(), hub.host(), bytes / 1_000_000));
        String complete = reference.file.isEmpty() ? commit : commit + "-gguf";
        Path incomplete = Files.createDirectories(folder.resolve(complete + ".incomplete"));
        for (RemoteFile file : files) {
            Path target = incomplete.resolve(file.path());
            if (!Files.exists(target)) {
                hub.download(reference.id, commit, file, target);
            }
        }
        if (reference.file.isEmpty()) {
            Files.move(incomplete, folder.resolve(complete), StandardCopyOption.ATOMIC_MOVE);
        } else {
            // Several GGUF files of a repository share the folder.
            Path shared = Files.createDirectories(folder.resolve(complete));
            Files.move(
                    incomplete.resolve(reference.file), shared.resolve(reference.file), StandardCopyOption.ATOMIC_MOVE);
            Files.deleteIfExists(incomplete);
        }
    }
}
