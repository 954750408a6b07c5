package dev.argot.models.source;

import static org.assertj.core.api.BDDAssertions.then;
import static org.assertj.core.api.BDDAssertions.thenThrownBy;

import dev.argot.api.ArgotException;
import dev.argot.api.ModelNotFoundException;
import dev.argot.spi.ModelSourceProvider.Request;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
@SuppressWarnings("NullAway.Init") // set before each test
class HubSourceTest {
    private static final byte[] WEIGHTS = new byte[100_000];

    static {
        new Random(1).nextBytes(WEIGHTS);
    }

    @TempDir
    private Path cache;

    private FakeHub hub;
    private HubSource source;
    private final List<String> notices = new ArrayList<>();

    @BeforeEach
    void startHub() throws IOException {
        hub = new FakeHub();
        hub.with("config.json", bytes("{}"))
                .with("tokenizer.json", bytes("{\"a\": 1}"))
                .with("model.safetensors", WEIGHTS)
                .with("pytorch_model.bin", bytes("pickle"))
                .with("modeling_evil.py", bytes("import os"))
                .with("model.Q4_1.gguf", bytes("GGUF"));
        source = new HubSource(hub.environment());
    }

    @AfterEach
    void stopHub() {
        hub.close();
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private Request request(String name, boolean offline) {
        return new Request(name, cache, offline, Duration.ofSeconds(5), notices::add);
    }

    private Path resolve(String name) {
        return source.resolve(request(name, false)).orElseThrow();
    }

    @Test
    void resolve_id_fetchesConfigurationWeightsAndTokenizerOnly() throws IOException {
        Path folder = resolve("owner/model");

        try (Stream<Path> files = Files.list(folder)) {
            then(files.map(file -> file.getFileName().toString()))
                    .containsExactlyInAnyOrder("config.json", "model.safetensors", "tokenizer.json");
        }
        then(folder.resolve("model.safetensors")).hasBinaryContent(WEIGHTS);
        then(notices).hasSize(1).allMatch(notice -> notice.contains("owner/model"));
    }

    @Test
    void resolve_again_asksNobody() {
        Path first = resolve("owner/model");
        int asked = hub.requests().size();

        then(source.resolve(request("owner/model", true))).contains(first);
        then(resolve("owner/model")).isEqualTo(first);
        then(hub.requests()).hasSize(asked);
    }

    @Test
    void resolve_fileOfRepository_fetchesItAlone() {
        Path file = resolve("owner/model:model.Q4_1.gguf");

        then(file).hasFileName("model.Q4_1.gguf").hasContent("GGUF");
        then(file.getParent()).isDirectoryNotContaining("glob:**/*.json");
        then(source.resolve(request("owner/model:model.Q4_1.gguf", true))).contains(file);
    }

    @Test
    void resolve_downloadThatBreaksOff_isResumed() {
        hub.cut("model.safetensors", 3);

        then(resolve("owner/model").resolve("model.safetensors")).hasBinaryContent(WEIGHTS);

        then(hub.requests()).anyMatch(request -> request.matches("content /model.safetensors bytes=\\d{4,}- .*"));
    }

    @Test
    void resolve_downloadThatKeepsBreakingOff_keepsWhatCameForTheNextTime() throws IOException {
        hub.cut("model.safetensors", 4);
        thenThrownBy(() -> resolve("owner/model"))
                .isInstanceOf(ModelNotFoundException.class)
                .hasMessageContaining("resume");
        int asked = hub.requests().size();

        then(resolve("owner/model").resolve("model.safetensors")).hasBinaryContent(WEIGHTS);

        List<String> second = hub.requests().subList(asked, hub.requests().size());
        then(second).anyMatch(request -> request.startsWith("content /model.safetensors bytes="));
        then(second).noneMatch(request -> request.startsWith("content /config.json"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"model.safetensors", "config.json"})
    void resolve_fileWithAnotherHash_isRefusedAndNotKept(String path) throws IOException {
        hub.lie(path, "00".repeat(path.endsWith(".json") ? 20 : 32));

        thenThrownBy(() -> resolve("owner/model"))
                .isInstanceOf(ArgotException.class)
                .hasMessageContaining("hash")
                .hasMessageContaining(path);

        try (Stream<Path> files = Files.walk(cache)) {
            then(files.map(file -> file.getFileName().toString()))
                    .doesNotContain(path, path + ".part", FakeHub.COMMIT, "main");
        }
    }

    @Test
    void resolve_damagedPart_isFetchedAnew() throws IOException {
        hub.cut("model.safetensors", 4);
        thenThrownBy(() -> resolve("owner/model")).isInstanceOf(ModelNotFoundException.class);
        Path part = cache.resolve("hub/owner--model/" + FakeHub.COMMIT + ".incomplete/model.safetensors.part");
        Files.write(part, new byte[(int) Files.size(part)]);

        then(resolve("owner/model").resolve("model.safetensors")).hasBinaryContent(WEIGHTS);
    }

    @Test
    void resolve_modelThatNeedsAToken_saysWhichVariableToSet() {
        hub.require("hf_secret");

        thenThrownBy(() -> resolve("owner/model"))
                .isInstanceOf(ModelNotFoundException.class)
                .hasMessageContaining("HF_TOKEN");
    }

    @Test
    void resolve_withToken_showsItToTheHubAlone() {
        hub.require("hf_secret");
        var environment = new HashMap<String, String>(hub.environment());
        environment.put("HF_TOKEN", "hf_secret");
        source = new HubSource(environment);

        then(resolve("owner/model")).isDirectory();

        then(hub.requests())
                .allMatch(request -> request.endsWith(request.startsWith("hub") ? "Bearer hf_secret" : "null"));
    }

    @Test
    void resolve_offline_asksNobodyAndSaysSo() {
        thenThrownBy(() -> source.resolve(request("owner/model", true)))
                .isInstanceOf(ModelNotFoundException.class)
                .hasMessageContaining("offline");

        then(hub.requests()).isEmpty();
        then(cache).isEmptyDirectory();
    }

    @Test
    void resolve_unknownModel_isNotFound() {
        thenThrownBy(() -> resolve("owner/other"))
                .isInstanceOf(ModelNotFoundException.class)
                .hasMessageContaining("owner/other");
    }

    @Test
    void resolve_modelWithoutSafetensors_namesItsGgufFiles() throws IOException {
        try (var other = new FakeHub()) {
            other.with("a.Q8_0.gguf", bytes("GGUF")).with("pytorch_model.bin", bytes("x"));
            source = new HubSource(other.environment());

            thenThrownBy(() -> resolve("owner/model"))
                    .isInstanceOf(ModelNotFoundException.class)
                    .hasMessageContaining("owner/model:a.Q8_0.gguf");
        }
    }

    @Test
    void resolve_shards_areThoseOfTheIndex() throws IOException {
        try (var other = new FakeHub()) {
            other.with("config.json", bytes("{}"))
                    .with("model.safetensors.index.json", bytes("{}"))
                    .with("model-00001-of-00002.safetensors", bytes("1"))
                    .with("model-00002-of-00002.safetensors", bytes("2"))
                    .with("consolidated.safetensors", bytes("0"));
            source = new HubSource(other.environment());

            Path folder = resolve("owner/model");

            then(folder.resolve("model-00002-of-00002.safetensors")).hasContent("2");
            then(folder.resolve("consolidated.safetensors")).doesNotExist();
        }
    }

    @Test
    void resolve_hubThatCannotBeReached_saysSo() throws IOException {
        int port;
        try (var closed = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = closed.getLocalPort();
        }
        source = new HubSource(Map.of("HF_ENDPOINT", "http://127.0.0.1:" + port));

        thenThrownBy(() -> resolve("owner/model"))
                .isInstanceOf(ModelNotFoundException.class)
                .hasMessageContaining("cannot be reached");
    }

    @Test
    void resolve_throughAProxy_asksTheProxy() {
        var environment = new HashMap<String, String>();
        environment.put("HF_ENDPOINT", "http://hub.invalid");
        environment.put("HTTP_PROXY", hub.environment().get("HF_ENDPOINT"));
        environment.put("NO_PROXY", "127.0.0.1"); // where the hub redirects to
        source = new HubSource(environment);

        then(resolve("owner/model").resolve("config.json")).hasContent("{}");
    }

    @ParameterizedTest
    @ValueSource(strings = {"default", "model", "a/b/c", "../model", "a/..", "http://x/y", "a b/c", "/etc/passwd", ""})
    void resolve_otherNames_areNotThisSources(String name) {
        then(source.resolve(request(name, false))).isEmpty();
        then(hub.requests()).isEmpty();
    }
}
