package dev.argot.core.bundle;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.argot.api.FileFormatException;
import dev.argot.spi.Adapter;
import dev.argot.spi.Config;
import dev.argot.spi.LoraLayer;
import dev.argot.spi.StoredTensor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The base's name comes from a file that is not trusted. */
class BasePathsTest {
    @TempDir
    @SuppressWarnings("NullAway.Init") // set by JUnit
    private Path temp;

    private Adapter adapter(String base) {
        return new Named(temp, base);
    }

    private record Named(Path location, String base) implements Adapter {
        @Override
        public String format() {
            return "test";
        }

        @Override
        public Config config() {
            return new Config(location.resolve("adapter_config.json"), Map.of());
        }

        @Override
        public List<LoraLayer> layers() {
            return List.of();
        }

        @Override
        public Map<String, StoredTensor> tensors() {
            return Map.of();
        }

        @Override
        public Map<String, StoredTensor> replacements() {
            return Map.of();
        }

        @Override
        public boolean targets(String module) {
            return false;
        }

        @Override
        public boolean inOut() {
            return false;
        }

        @Override
        public void close() {}
    }

    @Test
    void inside_folderOfItsOwn_isThatFolder() throws IOException {
        Path base = Files.createDirectories(temp.resolve("models/base"));
        assertThat(BasePaths.inside(adapter("models/base"))).contains(base);
    }

    @ParameterizedTest
    @ValueSource(strings = {"owner/name", "default", "/some/where/else", "owner/name@main", "a\0b"})
    void inside_otherNames_areForTheSources(String name) {
        assertThat(BasePaths.inside(adapter(name))).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"..", "../base", "a/../../base", "", " "})
    void inside_pathThatLeavesTheFolder_isRefused(String name) {
        assertThatThrownBy(() -> BasePaths.inside(adapter(name)))
                .isInstanceOf(FileFormatException.class)
                .hasMessageContaining("adapter_config.json")
                .hasMessageContaining("base_model_name_or_path");
    }

    @Test
    void inside_linkThatLeadsOut_isRefused(@TempDir Path other) throws IOException {
        Files.createSymbolicLink(temp.resolve("base"), other);
        assertThatThrownBy(() -> BasePaths.inside(adapter("base")))
                .isInstanceOf(FileFormatException.class)
                .hasMessageContaining("link");
    }

    @Test
    void with_adapterPassedBefore_isRefused() throws IOException {
        Set<Path> once = BasePaths.with(adapter("x"), Set.of());
        assertThat(once).containsExactly(temp.toRealPath());
        assertThatThrownBy(() -> BasePaths.with(adapter("x"), once))
                .isInstanceOf(FileFormatException.class)
                .hasMessageContaining("lead back");
    }
}
