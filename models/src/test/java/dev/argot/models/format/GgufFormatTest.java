package dev.argot.models.format;

import static org.assertj.core.api.BDDAssertions.then;
import static org.assertj.core.api.BDDAssertions.thenThrownBy;

import dev.argot.api.FileFormatException;
import dev.argot.api.UnsupportedArchitectureException;
import dev.argot.spi.Checkpoint;
import dev.argot.spi.Config;
import dev.argot.spi.TokenizerData;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@SuppressWarnings("NullAway.Init") // the folder is set by JUnit
class GgufFormatTest {
    @TempDir
    private Path temp;

    private Checkpoint open(Map<String, Object> metadata, GgufWriter.Tensor... tensors) throws IOException {
        Path file = temp.resolve("model.gguf");
        GgufWriter.write(file, metadata, List.of(tensors));
        return new GgufFormat().open(file);
    }

    private static Map<String, Object> llama(Object... more) {
        var metadata = new LinkedHashMap<String, Object>();
        metadata.put("general.architecture", "llama");
        for (int i = 0; i < more.length; i += 2) {
            metadata.put((String) more[i], more[i + 1]);
        }
        return metadata;
    }

    private static GgufWriter.Tensor tensor(String name, float... values) {
        return new GgufWriter.Tensor(name, List.of((long) values.length), values);
    }

    /** The factors that llama.cpp stores for Llama 3.1, after its converter: head size 64, base 500,000. */
    private static float[] llama3Factors(double factor) {
        var factors = new float[32];
        for (int i = 0; i < 32; i++) {
            double frequency = 1 / Math.pow(500_000, 2 * i / 64.0);
            double wavelength = 2 * Math.PI / frequency;
            double smooth = (8192 / wavelength - 1) / (4 - 1);
            factors[i] =
                    (float) (wavelength < 2048 ? 1 : wavelength > 8192 ? factor : 1 / ((1 - smooth) / factor + smooth));
        }
        return factors;
    }

    @Test
    void open_factorsOfLlama3_becomeItsRopeScaling() throws IOException {
        try (Checkpoint checkpoint =
                open(llama("llama.rope.freq_base", 500_000.0), tensor("rope_freqs.weight", llama3Factors(32)))) {
            Config scaling = checkpoint.config().object("rope_scaling");

            then(scaling.string("rope_type")).isEqualTo("llama3");
            then(scaling.number("factor")).isEqualTo(32);
            then(scaling.number("low_freq_factor")).isEqualTo(1);
            then(scaling.number("high_freq_factor")).isEqualTo(4);
            then(scaling.integer("original_max_position_embeddings")).isEqualTo(8192);
            then(checkpoint.tensors()).isEmpty();
        }
    }

    @Test
    void open_otherFactors_areRefused() {
        float[] factors = llama3Factors(8);
        factors[20] *= 1.1f;

        thenThrownBy(() -> open(llama("llama.rope.freq_base", 500_000.0), tensor("rope_freqs.weight", factors)))
                .isInstanceOf(FileFormatException.class)
                .hasMessageContaining("rope_freqs.weight");
    }

    @Test
    void open_unknownRopeScaling_isRefused() {
        thenThrownBy(() -> open(llama("llama.rope.scaling.type", "spiral", "llama.rope.scaling.factor", 2.0)))
                .isInstanceOf(FileFormatException.class)
                .hasMessageContaining("spiral");
    }

    @Test
    void open_tensorWithoutAPlaceInTheArchitecture_isRefused() {
        thenThrownBy(() -> open(llama(), tensor("blk.0.attn_sub_norm.weight", 1)))
                .isInstanceOf(FileFormatException.class)
                .hasMessageContaining("attn_sub_norm");
    }

    @Test
    void open_queryRowsThatDoNotFitTheHeads_areRefused() {
        thenThrownBy(() -> open(llama("llama.attention.head_count", 4L), tensor("blk.0.attn_q.bias", 1, 2, 3, 4)))
                .isInstanceOf(FileFormatException.class)
                .hasMessageContaining("attn_q.bias");
    }

    @Test
    void open_unknownArchitecture_namesThoseSupported() {
        thenThrownBy(() -> open(Map.of("general.architecture", "mamba")))
                .isInstanceOf(UnsupportedArchitectureException.class)
                .hasMessageContaining("mamba")
                .hasMessageContaining("qwen3");
    }

    @Test
    void open_tokensOfSequenceAndTurn_endBoth() throws IOException {
        try (Checkpoint checkpoint = open(llama(
                "tokenizer.ggml.bos_token_id", 1L,
                "tokenizer.ggml.eos_token_id", 2L,
                "tokenizer.ggml.eot_token_id", 9L))) {
            Config generation = checkpoint.generationConfig().orElseThrow();

            then(generation.integer("bos_token_id")).isEqualTo(1);
            then(generation.list("eos_token_id")).isEqualTo(List.of(2L, 9L));
        }
    }

    @Test
    void open_file_handsItsMetadataToTheTokenizer() throws IOException {
        try (Checkpoint checkpoint = open(llama("general.license", "apache-2.0", "tokenizer.ggml.model", "gpt2"))) {
            then(checkpoint.licence()).isEqualTo("apache-2.0");
            then(checkpoint.tokenizer()).isInstanceOfSatisfying(TokenizerData.Gguf.class, data -> then(data.metadata())
                    .containsEntry("tokenizer.ggml.model", "gpt2"));
        }
    }
}
