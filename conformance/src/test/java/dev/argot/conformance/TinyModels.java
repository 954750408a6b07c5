package dev.argot.conformance;

import dev.argot.api.CausalModel;
import dev.argot.api.Model;
import dev.argot.api.Seq2SeqModel;
import dev.argot.api.SequenceClassifier;
import dev.argot.spi.Architecture;
import dev.argot.spi.ArchitectureProvider;
import dev.argot.spi.Config;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.ServiceLoader;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** A model of a few thousand weights for each family we have. */
final class TinyModels {
    /** What the configurations share, under all the names that families have for it. */
    private static final Map<String, Object> COMMON = Map.ofEntries(
            Map.entry("vocab_size", 40L),
            Map.entry("hidden_size", 16L),
            Map.entry("n_embd", 16L),
            Map.entry("dim", 16L),
            Map.entry("num_hidden_layers", 3L),
            Map.entry("n_layer", 3L),
            Map.entry("n_layers", 3L),
            Map.entry("num_attention_heads", 4L),
            Map.entry("n_head", 4L),
            Map.entry("n_heads", 4L),
            Map.entry("num_key_value_heads", 2L),
            Map.entry("intermediate_size", 24L),
            Map.entry("hidden_dim", 24L),
            Map.entry("ffn_dim", 24L),
            Map.entry("max_position_embeddings", 64L),
            Map.entry("n_positions", 64L),
            Map.entry("d_model", 16L),
            Map.entry("d_kv", 3L),
            Map.entry("d_ff", 24L),
            Map.entry("num_layers", 2L),
            Map.entry("num_decoder_layers", 3L),
            Map.entry("num_heads", 4L),
            Map.entry("relative_attention_num_buckets", 8L),
            Map.entry("relative_attention_max_distance", 12L),
            Map.entry("encoder_layers", 2L),
            Map.entry("encoder_attention_heads", 2L),
            Map.entry("encoder_ffn_dim", 20L),
            Map.entry("decoder_layers", 3L),
            Map.entry("decoder_attention_heads", 4L),
            Map.entry("decoder_ffn_dim", 24L));

    /** What makes a family interesting, beyond its defaults. */
    private static final Map<String, Map<String, Object>> SPECIAL = Map.ofEntries(
            Map.entry(
                    "deberta-v2",
                    Map.of(
                            "relative_attention",
                            true,
                            "position_buckets",
                            4L,
                            "share_att_key",
                            true,
                            "pos_att_type",
                            "c2p|p2c")),
            Map.entry("bart", Map.of("pad_token_id", 99L)), // not in the vocabulary: every row learns
            Map.entry("falcon", Map.of("new_decoder_architecture", true, "num_kv_heads", 2L, "bias", true)),
            Map.entry("gemma", Map.of("head_dim", 8L)),
            Map.entry("gemma2", Map.of("head_dim", 8L, "sliding_window", 4L)),
            Map.entry("gemma3_text", Map.of("head_dim", 8L, "sliding_window", 4L, "sliding_window_pattern", 2L)),
            Map.entry("gpt_neox", Map.of("rotary_pct", 0.5)),
            Map.entry("granite", Map.of("residual_multiplier", 0.5, "attention_multiplier", 0.3)),
            Map.entry("llama", Map.of("attention_bias", true, "mlp_bias", true)),
            Map.entry("marian", Map.of("scale_embedding", true, "pad_token_id", 99L)),
            Map.entry("mbart", Map.of("pad_token_id", 99L)),
            Map.entry("mistral", Map.of("sliding_window", 5L)),
            Map.entry("mixtral", Map.of("num_local_experts", 4L)),
            Map.entry("olmo", Map.of("clip_qkv", 1.5)),
            Map.entry("olmoe", Map.of("num_experts", 5L, "num_experts_per_tok", 2L, "clip_qkv", 1.5)),
            Map.entry("qwen2", Map.of("use_sliding_window", true, "sliding_window", 4L, "max_window_layers", 1L)),
            Map.entry("qwen3", Map.of("head_dim", 8L)),
            Map.entry(
                    "qwen3_moe",
                    Map.of(
                            "num_experts",
                            5L,
                            "num_experts_per_tok",
                            2L,
                            "moe_intermediate_size",
                            8L,
                            "mlp_only_layers",
                            List.of(1L))),
            Map.entry("smollm3", Map.of("no_rope_layer_interval", 2L)),
            Map.entry("stablelm", Map.of("partial_rotary_factor", 0.5)));

    private TinyModels() {}

    /** One for each {@code model_type} of our provider that continues text. */
    static Stream<Architecture> all() {
        return all(Map.of());
    }

    /** The same with some values of their configurations replaced. */
    static Stream<Architecture> all(Map<String, Object> replaced) {
        return ofKind(CausalModel.class, replaced);
    }

    /** One for each {@code model_type} that reads and writes. */
    static Stream<Architecture> seq2seq() {
        return ofKind(Seq2SeqModel.class, Map.of());
    }

    /** Encoders that judge rows, one for each {@code model_type}. */
    static Stream<Architecture> classifiers() {
        return ofKind(SequenceClassifier.class, Map.of("architectures", List.of("ForSequenceClassification"), "num_labels", 5L));
    }

    private static Stream<Architecture> ofKind(Class<? extends Model> kind, Map<String, Object> replaced) {
        ArchitectureProvider provider = ServiceLoader.load(ArchitectureProvider.class).stream()
                .map(ServiceLoader.Provider::get)
                .filter(p -> p.name().equals("huggingface"))
                .findFirst()
                .orElseThrow();
        return provider.modelTypes().stream()
                .sorted()
                .map(type -> provider.describe(config(type, replaced)))
                .filter(architecture -> architecture.kind().equals(kind));
    }

    private static Config config(String type, Map<String, Object> replaced) {
        Map<String, @Nullable Object> values = new HashMap<>(COMMON);
        values.put("model_type", type);
        values.putAll(SPECIAL.getOrDefault(type, Map.of()));
        values.putAll(replaced);
        return new Config(Path.of(type, "config.json"), values);
    }
}
