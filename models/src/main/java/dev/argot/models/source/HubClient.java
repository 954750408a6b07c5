package dev.argot.models.source;

import dev.argot.api.ArgotException;
import dev.argot.api.ModelNotFoundException;
import dev.argot.models.format.Json;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.Proxy;
import java.net.ProxySelector;
import java.net.SocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * Talks to a model hub with the HTTP interface of the Hugging Face Hub: {@code /api/models/ID/revision/REVISION},
 * {@code /api/models/ID/tree/COMMIT} and {@code /ID/resolve/COMMIT/FILE}. Files are resumed where a download broke off, and their hash is
 * compared with the listing's. The access token goes to the hub alone, not to where it redirects. Thread-safe.
 */
final class HubClient implements AutoCloseable {
    private static final int MAX_REDIRECTS = 5;
    private static final int ATTEMPTS = 4;
    private static final long MAX_LISTING = 32 << 20;

    /** Longest wait for the next bytes of a file. */
    private static final Duration STALL = Duration.ofSeconds(60);

    private final URI endpoint;
    private final Optional<String> token;
    private final Duration timeout;
    private final HttpClient http;

    /**
     * A file on the hub.
     *
     * @param path its path in the repository
     * @param size its bytes
     * @param sha256 its SHA-256 where the hub says it (large files), else empty
     * @param gitHash the name git gives its content where the hub says no SHA-256, else empty
     */
    record RemoteFile(String path, long size, String sha256, String gitHash) {}

    /**
     * A client.
     *
     * @param endpoint such as {@code https://huggingface.co}
     * @param environment variables {@code HF_TOKEN}, {@code HTTPS_PROXY}, {@code NO_PROXY}
     * @param connectTimeout longest wait for a connection
     * @param timeout longest wait for an answer to begin, connecting included
     */
    HubClient(URI endpoint, Map<String, String> environment, Duration connectTimeout, Duration timeout) {
        this.endpoint = endpoint;
        this.timeout = timeout;
        this.token = Optional.ofNullable(environment.get("HF_TOKEN")).filter(value -> !value.isBlank());
        var builder = HttpClient.newBuilder().connectTimeout(connectTimeout).followRedirects(HttpClient.Redirect.NEVER);
        // Without one, Java's own selector with the system properties https.proxyHost and so on is used.
        EnvironmentProxies.of(environment).ifPresent(builder::proxy);
        this.http = builder.build();
    }

    @Override
    public void close() {
        http.shutdownNow();
        http.close();
    }

    String host() {
        return endpoint.getHost();
    }

    /** The commit of a revision. */
    String commit(String id, String revision) throws IOException {
        URI uri = uri("/api/models/" + id + "/revision/" + revision);
        Object commit = json(uri, id).get("sha");
        if (commit instanceof String text && text.matches("[0-9a-f]{7,64}")) {
            return text;
        }
        throw new IOException(uri + ": expected the commit of the revision, found " + commit);
    }

    /** The files at the top of a repository. */
    List<RemoteFile> files(String id, String commit) throws IOException {
        URI uri = uri("/api/models/" + id + "/tree/" + commit);
        byte[] body = get(uri, id);
        // The listing is a list; the parser takes objects.
        var wrapped = new java.io.ByteArrayOutputStream();
        wrapped.write("{\"files\":".getBytes(StandardCharsets.UTF_8));
        wrapped.write(body);
        wrapped.write('}');
        Object list =
                Json.object(Path.of("listing of " + id), wrapped.toByteArray()).get("files");
        if (!(list instanceof List<?> files)) {
            throw new IOException(uri + ": expected a list of files");
        }
        var result = new ArrayList<RemoteFile>();
        for (Object element : files) {
            if (element instanceof Map<?, ?> file
                    && "file".equals(file.get("type"))
                    && file.get("path") instanceof String path
                    && file.get("size") instanceof Long size
                    && size >= 0) {
                String sha256 =
                        file.get("lfs") instanceof Map<?, ?> lfs && lfs.get("oid") instanceof String oid ? oid : "";
                String git = sha256.isEmpty() && file.get("oid") instanceof String oid ? oid : "";
                result.add(new RemoteFile(path, size, sha256, git));
            }
        }
        return result;
    }

    private URI uri(String path) {
        String base = endpoint.toString();
        return URI.create((base.endsWith("/") ? base.substring(0, base.length() - 1) : base) + path);
    }

    private Map<String, @Nullable Object> json(URI uri, String id) throws IOException {
        return Json.object(Path.of("answer about " + id), get(uri, id));
    }

    private byte[] get(URI uri, String id) throws IOException {
        HttpResponse<InputStream> response = send(uri, 0);
        try (InputStream body = response.body()) {
            check(response, id, uri);
            byte[] bytes = body.readNBytes((int) MAX_LISTING + 1);
            if (bytes.length > MAX_LISTING) {
                throw new IOException(uri + ": more than " + MAX_LISTING + " bytes");
            }
            return bytes;
        }
    }

    /** Answers other than success as an error that says what to do. */
    private void check(HttpResponse<?> response, String id, URI uri) throws IOException {
        int status = response.statusCode();
        if (status == 200 || status == 206) {
            return;
        }
        if (status == 401 || status == 403) {
            throw new ModelNotFoundException(
                    token.isPresent()
                            ? "The hub " + host() + " does not give '" + id + "' to the token in HF_TOKEN (status "
                                    + status
                                    + "). Check the name, and on the model's page whether its terms must be accepted."
                            : "The hub " + host() + " gives '" + id
                                    + "' only with a token, or has no such model (status "
                                    + status
                                    + "). Check the name; set the environment variable HF_TOKEN to a token of an"
                                    + " account that may read it.");
        }
        if (status == 404) {
            throw new ModelNotFoundException("The hub " + host() + " has no '" + id + "' (" + uri.getPath() + ").");
        }
        throw new IOException(uri + ": status " + status);
    }

    private HttpResponse<InputStream> send(URI uri, long from) throws IOException {
        URI next = uri;
        for (int i = 0; i <= MAX_REDIRECTS; i++) {
            var request = HttpRequest.newBuilder(next).timeout(timeout).header("User-Agent", "argot");
            if (from > 0) {
                request.header("Range", "bytes=" + from + "-");
            }
            if (sameOrigin(next, endpoint)) {
                token.ifPresent(value -> request.header("Authorization", "Bearer " + value));
            }
            HttpResponse<InputStream> response;
            try {
                response = http.send(request.build(), HttpResponse.BodyHandlers.ofInputStream());
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new ArgotException("interrupted while waiting for " + host(), e);
            }
            Optional<String> location = response.headers().firstValue("Location");
            if (response.statusCode() / 100 != 3 || location.isEmpty()) {
                return response;
            }
            response.body().close();
            URI target = next.resolve(location.get());
            boolean downgrade = "https".equals(next.getScheme()) && !"https".equals(target.getScheme());
            if (downgrade || !List.of("http", "https").contains(target.getScheme())) {
                throw new IOException(next + ": redirects to " + target.getScheme() + ", which is not followed");
            }
            next = target;
        }
        throw new IOException(uri + ": more than " + MAX_REDIRECTS + " redirects");
    }

    private static boolean sameOrigin(URI a, URI b) {
        return Objects.equals(a.getScheme(), b.getScheme())
                && Objects.equals(a.getHost(), b.getHost())
                && a.getPort() == b.getPort();
    }

    // ---- files

    /**
     * Downloads a file, or what is missing of it, and compares its hash.
     *
     * @param id the repository
     * @param commit the commit
     * @param file what is fetched
     * @param target where it is put once it is whole; beside it lies {@code NAME.part} until then
     */
    void download(String id, String commit, RemoteFile file, Path target) throws IOException {
        Path part = target.resolveSibling(target.getFileName() + ".part");
        URI uri = uri("/" + id + "/resolve/" + commit + "/" + file.path);
        IOException last = null;
        for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
            long before = size(part);
            try {
                if (before < file.size || !Files.exists(part)) {
                    append(id, uri, file, part, before);
                }
                if (size(part) == file.size) {
                    if (verified(file, part)) {
                        Files.move(part, target, StandardCopyOption.ATOMIC_MOVE);
                        return;
                    }
                    Files.delete(part);
                    if (before == 0) {
                        throw new ArgotException(uri + ": the hash of what was received is not the one the hub lists ("
                                + file.sha256 + file.gitHash + "). Nothing was kept.");
                    }
                }
            } catch (IOException e) {
                last = e;
                if (size(part) == before) {
                    pause(attempt);
                }
            }
        }
        throw new IOException(
                uri + ": broke off " + ATTEMPTS + " times; what was received is kept and will be resumed", last);
    }

    private static void pause(int attempt) {
        try {
            TimeUnit.MILLISECONDS.sleep(200L << attempt);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new ArgotException("interrupted while downloading", e);
        }
    }

    private static long size(Path file) throws IOException {
        return Files.exists(file) ? Files.size(file) : 0;
    }

    private void append(String id, URI uri, RemoteFile file, Path part, long from) throws IOException {
        if (Files.getFileStore(part.toAbsolutePath().getParent()).getUsableSpace() < file.size - from) {
            throw new ArgotException(part.toAbsolutePath().getParent() + ": " + (file.size - from)
                    + " bytes are needed for " + file.path + ", but fewer are free on that disk.");
        }
        HttpResponse<InputStream> response = send(uri, from);
        var progress = new AtomicLong(System.nanoTime());
        try (InputStream body = response.body()) {
            if (response.statusCode() == 416) {
                Files.deleteIfExists(part);
                throw new IOException(uri + ": the part received does not fit the file");
            }
            check(response, id, uri);
            boolean resumed = response.statusCode() == 206 && from > 0;
            long total = resumed ? from : 0;
            Thread watchdog = Thread.ofVirtual().start(() -> closeWhenStalled(body, progress));
            try (var out = Files.newOutputStream(
                    part,
                    StandardOpenOption.CREATE,
                    StandardOpenOption.WRITE,
                    resumed ? StandardOpenOption.APPEND : StandardOpenOption.TRUNCATE_EXISTING)) {
                var buffer = new byte[1 << 16];
                for (int n = body.read(buffer); n >= 0; n = body.read(buffer)) {
                    progress.set(System.nanoTime());
                    total += n;
                    if (total > file.size) {
                        throw new IOException(uri + ": more than the " + file.size + " bytes listed");
                    }
                    out.write(buffer, 0, n);
                }
            } finally {
                watchdog.interrupt();
            }
            if (total < file.size) {
                throw new IOException(uri + ": broke off after " + total + " of " + file.size + " bytes");
            }
        }
    }

    private static void closeWhenStalled(InputStream body, AtomicLong progress) {
        try {
            while (System.nanoTime() - progress.get() < STALL.toNanos()) {
                TimeUnit.SECONDS.sleep(1);
            }
            body.close();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt(); // the download ended
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    private static boolean verified(RemoteFile file, Path part) throws IOException {
        if (!file.sha256.isEmpty()) {
            return Hashes.sha256(part).equals(file.sha256.toLowerCase(Locale.ROOT));
        }
        if (file.gitHash.isEmpty()) {
            return true;
        }
        MessageDigest digest = Hashes.sha1();
        digest.update(("blob " + file.size + "\0").getBytes(StandardCharsets.US_ASCII));
        Hashes.update(digest, part);
        return Hashes.hex(digest).equals(file.gitHash.toLowerCase(Locale.ROOT));
    }

    /** Proxies as the environment variables {@code HTTPS_PROXY}, {@code HTTP_PROXY} and {@code NO_PROXY} say. */
    private static final class EnvironmentProxies extends ProxySelector {
        private static final System.Logger LOG = System.getLogger(EnvironmentProxies.class.getName());

        private final Map<String, Proxy> byScheme;
        private final List<String> direct;

        private EnvironmentProxies(Map<String, Proxy> byScheme, List<String> direct) {
            this.byScheme = byScheme;
            this.direct = direct;
        }

        static Optional<ProxySelector> of(Map<String, String> environment) {
            var proxies = new java.util.HashMap<String, Proxy>();
            for (String scheme : List.of("http", "https")) {
                String variable = scheme + "_proxy";
                String value = environment.getOrDefault(
                        variable.toUpperCase(Locale.ROOT), environment.getOrDefault(variable, ""));
                if (!value.isBlank()) {
                    URI uri = URI.create(value.contains("://") ? value : "http://" + value);
                    if (uri.getHost() == null) {
                        throw new ArgotException("The environment variable " + variable.toUpperCase(Locale.ROOT)
                                + " is no address such as http://proxy.example:8080");
                    }
                    int port = uri.getPort() < 0 ? 80 : uri.getPort();
                    proxies.put(scheme, new Proxy(Proxy.Type.HTTP, new InetSocketAddress(uri.getHost(), port)));
                }
            }
            String exceptions = environment.getOrDefault("NO_PROXY", environment.getOrDefault("no_proxy", ""));
            List<String> direct = java.util.Arrays.stream(exceptions.split(",", -1))
                    .map(String::strip)
                    .filter(host -> !host.isEmpty())
                    .toList();
            return proxies.isEmpty() ? Optional.empty() : Optional.of(new EnvironmentProxies(proxies, direct));
        }

        @Override
        public List<Proxy> select(URI uri) {
            String host = String.valueOf(uri.getHost());
            boolean exempt = direct.stream()
                    .anyMatch(name -> name.equals("*")
                            || host.equals(name)
                            || host.endsWith(name.startsWith(".") ? name : "." + name));
            return List.of(exempt ? Proxy.NO_PROXY : byScheme.getOrDefault(uri.getScheme(), Proxy.NO_PROXY));
        }

        @Override
        public void connectFailed(URI uri, SocketAddress address, IOException e) {
            LOG.log(System.Logger.Level.DEBUG, () -> "the proxy " + address + " cannot be reached: " + e);
        }
    }
}
