package dev.argot.models.source;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.argot.models.format.Json;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** A hub on the loopback interface that has one repository and remembers what it was asked. */
final class FakeHub implements AutoCloseable {
    static final String COMMIT = "0123456789abcdef0123456789abcdef01234567";

    private final HttpServer server;
    private final HttpServer content;
    private final Map<String, byte[]> files = new LinkedHashMap<>();
    private final Map<String, String> listedHashes = new LinkedHashMap<>();
    private final List<String> requests = Collections.synchronizedList(new ArrayList<>());
    private final Map<String, Integer> cuts = new ConcurrentHashMap<>();
    private String id = "owner/model";
    private @Nullable String token;

    FakeHub() throws IOException {
        server = start(this::answer);
        content = start(this::deliver);
    }

    private static HttpServer start(com.sun.net.httpserver.HttpHandler handler) throws IOException {
        HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/", exchange -> {
            try (exchange) {
                handler.handle(exchange);
            }
        });
        server.start();
        return server;
    }

    private static String address(HttpServer server) {
        return "http://127.0.0.1:" + server.getAddress().getPort();
    }

    /** Environment variables that lead to this hub. */
    Map<String, String> environment() {
        return Map.of("HF_ENDPOINT", address(server), "NO_PROXY", "*");
    }

    /** Names the repository; else it is {@code owner/model}. */
    FakeHub serve(String repository) {
        id = repository;
        return this;
    }

    /** Adds a file. */
    FakeHub with(String path, byte[] bytes) {
        files.put(path, bytes);
        return this;
    }

    /** Lists another hash than the file's. */
    void lie(String path, String hash) {
        listedHashes.put(path, hash);
    }

    /** Breaks the next deliveries of a file off, each after as many bytes. */
    void cut(String path, int times) {
        cuts.put(path, times);
    }

    /** Gives files only to who shows this token. */
    void require(String accessToken) {
        token = accessToken;
    }

    /** Requests so far: host (hub or content), path, range and authorization. */
    List<String> requests() {
        return List.copyOf(requests);
    }

    private void note(String host, HttpExchange exchange) {
        requests.add(host + " " + exchange.getRequestURI().getPath() + " "
                + exchange.getRequestHeaders().getFirst("Range") + " "
                + exchange.getRequestHeaders().getFirst("Authorization"));
    }

    private void answer(HttpExchange exchange) throws IOException {
        note("hub", exchange);
        String path = exchange.getRequestURI().getPath();
        String shown = exchange.getRequestHeaders().getFirst("Authorization");
        if (token != null && !("Bearer " + token).equals(shown)) {
            exchange.sendResponseHeaders(401, -1);
        } else if (path.equals("/api/models/" + id + "/revision/main")) {
            send(exchange, 200, Json.write(Map.of("sha", COMMIT)));
        } else if (path.equals("/api/models/" + id + "/tree/" + COMMIT)) {
            send(exchange, 200, listing());
        } else if (path.startsWith("/" + id + "/resolve/" + COMMIT + "/")) {
            exchange.getResponseHeaders()
                    .add("Location", address(content) + "/" + path.substring(path.lastIndexOf('/') + 1));
            exchange.sendResponseHeaders(302, -1);
        } else {
            exchange.sendResponseHeaders(404, -1);
        }
    }

    private byte[] listing() {
        var entries = new ArrayList<String>();
        entries.add("{\"type\":\"directory\",\"path\":\"onnx\",\"size\":0,\"oid\":\"00\"}");
        files.forEach((path, bytes) -> {
            boolean large = path.endsWith(".safetensors") || path.endsWith(".gguf");
            MessageDigest digest = large ? Hashes.sha256() : Hashes.sha1();
            if (!large) {
                digest.update(("blob " + bytes.length + "\0").getBytes(StandardCharsets.US_ASCII));
            }
            digest.update(bytes);
            String hash = listedHashes.getOrDefault(path, Hashes.hex(digest));
            entries.add("{\"type\":\"file\",\"path\":\"" + path + "\",\"size\":" + bytes.length
                    + (large ? ",\"oid\":\"00\",\"lfs\":{\"oid\":\"" + hash + "\"}}" : ",\"oid\":\"" + hash + "\"}"));
        });
        return ("[" + String.join(",", entries) + "]").getBytes(StandardCharsets.UTF_8);
    }

    private void deliver(HttpExchange exchange) throws IOException {
        note("content", exchange);
        String path = exchange.getRequestURI().getPath().substring(1);
        byte[] bytes = Objects.requireNonNull(files.get(path));
        String range = exchange.getRequestHeaders().getFirst("Range");
        int from = range == null ? 0 : Integer.parseInt(range.replaceAll("\\D", ""));
        byte[] rest = Arrays.copyOfRange(bytes, from, bytes.length);
        int left = cuts.getOrDefault(path, 0);
        if (left > 0) {
            cuts.put(path, left - 1);
            exchange.sendResponseHeaders(range == null ? 200 : 206, rest.length);
            exchange.getResponseBody().write(rest, 0, rest.length / 3);
            exchange.getResponseBody().flush();
            return; // closed before all bytes that were announced
        }
        send(exchange, range == null ? 200 : 206, rest);
    }

    private static void send(HttpExchange exchange, int status, byte[] body) throws IOException {
        exchange.sendResponseHeaders(status, body.length == 0 ? -1 : body.length);
        exchange.getResponseBody().write(body);
    }

    @Override
    public void close() {
        server.stop(0);
        content.stop(0);
    }
}
