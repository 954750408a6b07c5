package dev.argot.models.format;

import dev.argot.api.FileFormatException;
import dev.argot.spi.Config;
import dev.argot.spi.LoraLayer;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
import org.jspecify.annotations.Nullable;

/**
 * An {@code adapter_config.json} with peft_type LORA: which layers it chooses, with which rank and scale. The rules are those of PEFT's
 * {@code check_target_module_exists} and {@code get_pattern_key}. A setting that would change what is computed and that is not known here
 * is refused by name. Immutable, hence thread-safe.
 */
final class PeftConfig {
    /** The value of target_modules that chooses every linear layer but the output head. */
    static final String ALL_LINEAR = "all-linear";

    /** Settings without influence on what a trained adapter computes. */
    private static final Set<String> NEUTRAL = Set.of(
            "auto_mapping",
            "ensure_weight_tying",
            "inference_mode",
            "lora_dropout",
            "megatron_core",
            "peft_version",
            "qalora_group_size",
            "runtime_config",
            "task_type");

    private static final Set<String> KNOWN = Set.of(
            "peft_type",
            "base_model_name_or_path",
            "revision",
            "r",
            "lora_alpha",
            "rank_pattern",
            "alpha_pattern",
            "target_modules",
            "exclude_modules",
            "layers_to_transform",
            "layers_pattern",
            "modules_to_save",
            "use_rslora",
            "use_dora",
            "fan_in_fan_out",
            "bias",
            "init_lora_weights");

    /** Ways of starting that leave the base's weights as they are; the others change them. */
    private static final Set<Object> STARTS = Set.of(true, false, "gaussian", "eva", "orthogonal");

    private static final int DEFAULT_RANK = 8;
    private static final int DEFAULT_ALPHA = 8;

    /** Characters an expression may look at for one name; beyond this it backtracks without end. */
    private static final int MAX_STEPS = 1_000_000;

    private final Config config;
    private final int rank;
    private final double alpha;
    private final Map<String, @Nullable Object> ranks;
    private final Map<String, @Nullable Object> alphas;
    private final Selection targets;
    private final Selection excluded;
    private final List<String> saved;
    private final List<Long> layers;
    private final List<Pattern> layerPatterns;

    /** Names of modules, by their ends or by an expression. */
    private record Selection(boolean all, List<String> ends, @Nullable Pattern expression) {
        boolean contains(String module, PeftConfig owner, String key) {
            if (all) {
                return true;
            }
            if (expression != null) {
                return owner.matches(key, expression, module);
            }
            return ends.stream().anyMatch(end -> endsWith(module, end));
        }
    }

    /**
     * Reads a configuration.
     *
     * @param config the file
     * @throws FileFormatException if a setting is malformed, contradicts another or is not supported
     */
    PeftConfig(Config config) {
        this.config = config;
        String type = config.string("peft_type");
        if (!type.equals("LORA")) {
            throw config.error("peft_type", "expected LORA, found " + ModelFolder.printable(type));
        }
        config.values().forEach(this::checkKnown);
        checkFormula();
        this.rank = config.size("r", DEFAULT_RANK);
        this.alpha = config.number("lora_alpha", DEFAULT_ALPHA);
        this.ranks = config.object("rank_pattern").values();
        this.alphas = config.object("alpha_pattern").values();
        this.targets = selection("target_modules");
        if (targets.ends.isEmpty() && !targets.all && targets.expression == null) {
            throw config.error("target_modules", "expected names of modules, found none");
        }
        this.excluded = selection("exclude_modules");
        this.saved = texts("modules_to_save");
        this.layers = layers();
        this.layerPatterns = texts("layers_pattern").stream()
                .filter(name -> !name.isEmpty())
                .map(name -> pattern("layers_pattern", "(?:^|.*?\\.)(?:" + name + ")\\.(\\d+)\\..*"))
                .toList();
        ranks.keySet().forEach(key -> config.object("rank_pattern").size(key));
        alphas.keySet().forEach(key -> config.object("alpha_pattern").number(key));
    }

    private void checkKnown(String key, @Nullable Object value) {
        boolean absent = value == null
                || value.equals(false)
                || (value instanceof Collection<?> list && list.isEmpty())
                || (value instanceof Map<?, ?> map && map.isEmpty());
        if (!absent && !KNOWN.contains(key) && !NEUTRAL.contains(key)) {
            throw config.error(
                    ModelFolder.printable(key),
                    "this setting is not supported, and it may change what the adapter computes; expected it absent,"
                            + " null or false, found "
                            + ModelFolder.printable(String.valueOf(value)));
        }
    }

    private void checkFormula() {
        String bias = config.string("bias", "none");
        if (!bias.equals("none")) {
            throw config.error("bias", "expected none, found " + ModelFolder.printable(bias));
        }
        Object start = config.values().getOrDefault("init_lora_weights", true);
        if (start != null && !STARTS.contains(start)) {
            throw config.error(
                    "init_lora_weights",
                    "'" + ModelFolder.printable(start.toString())
                            + "' changes the base's weights, which is not supported. Convert the adapter to plain LoRA"
                            + " with PEFT (save_pretrained with path_initial_model_for_weight_conversion).");
        }
    }

    private Selection selection(String key) {
        Object value = config.values().get(key);
        if (value == null) {
            return new Selection(false, List.of(), null);
        }
        if (value instanceof String text) {
            return text.equals(ALL_LINEAR)
                    ? new Selection(true, List.of(), null)
                    : new Selection(false, List.of(), pattern(key, text));
        }
        return new Selection(false, texts(key), null);
    }

    private List<String> texts(String key) {
        if (config.values().get(key) instanceof String one) {
            return List.of(one);
        }
        var texts = new ArrayList<String>();
        for (Object value : config.list(key)) {
            if (!(value instanceof String text)) {
                throw config.error(key, "expected a list of names, found " + value + " in it");
            }
            texts.add(text);
        }
        return texts;
    }

    private List<Long> layers() {
        Object value = config.values().get("layers_to_transform");
        var numbers = new ArrayList<Long>();
        List<?> list = value instanceof Long one ? List.of(one) : config.list("layers_to_transform");
        for (Object element : list) {
            if (!(element instanceof Long number)) {
                throw config.error("layers_to_transform", "expected numbers of layers, found " + element);
            }
            numbers.add(number);
        }
        if (!numbers.isEmpty() && targets.expression != null) {
            throw config.error("layers_to_transform", "expected it absent where target_modules is an expression");
        }
        return numbers;
    }

    private Pattern pattern(String key, String expression) {
        try {
            return Pattern.compile(expression);
        } catch (PatternSyntaxException e) {
            throw new FileFormatException(
                    config.file(),
                    "'" + key + "': expected an expression that compiles, found '" + ModelFolder.printable(expression)
                            + "' (" + e.getDescription() + ")",
                    e);
        }
    }

    private boolean matches(String key, Pattern expression, String module) {
        return expression.matcher(new Bounded(config, key, module)).matches();
    }

    /** Where a rank or alpha of a single module is given, its value. */
    private Optional<Object> single(String key, Map<String, @Nullable Object> values, String module) {
        for (Map.Entry<String, @Nullable Object> entry : values.entrySet()) {
            if (matches(key, pattern(key, "(.*\\.)?(" + entry.getKey() + ")"), module)) {
                return Optional.ofNullable(entry.getValue());
            }
        }
        return Optional.empty();
    }

    /** Whether the configuration chooses a module. */
    boolean targets(String module) {
        if (excluded.contains(module, this, "exclude_modules") || isSaved(module)) {
            return false;
        }
        return targets.contains(module, this, "target_modules") && inLayers(module);
    }

    private boolean inLayers(String module) {
        if (layers.isEmpty()) {
            return true;
        }
        List<Pattern> patterns =
                layerPatterns.isEmpty() ? List.of(Pattern.compile(".*?\\.[^.]*\\.(\\d+)\\..*")) : layerPatterns;
        for (Pattern pattern : patterns) {
            var matcher = pattern.matcher(new Bounded(config, "layers_pattern", module));
            if (matcher.matches()) {
                String index = matcher.group(1);
                return index.length() < 10 && layers.contains(Long.parseLong(index));
            }
        }
        return false;
    }

    /** Whether a module is stored whole. */
    boolean isSaved(String module) {
        return saved.stream().anyMatch(name -> ("." + module + ".").contains("." + name + "."));
    }

    /** The modules that are stored whole. */
    List<String> saved() {
        return saved;
    }

    /** Rank and scale of a module. */
    LoraLayer layer(String module) {
        int r = single("rank_pattern", ranks, module)
                .map(value -> ((Long) value).intValue())
                .orElse(rank);
        double a = single("alpha_pattern", alphas, module)
                .map(value -> ((Number) value).doubleValue())
                .orElse(alpha);
        double scale = config.flag("use_rslora", false) ? a / Math.sqrt(r) : a / r;
        return new LoraLayer(module, r, scale, dora());
    }

    boolean dora() {
        return config.flag("use_dora", false);
    }

    boolean fanInFanOut() {
        return config.flag("fan_in_fan_out", false);
    }

    /** The base model's name, with the revision where one is given. */
    String base() {
        String name = config.string("base_model_name_or_path", "");
        String revision = config.string("revision", "");
        return revision.isEmpty() || revision.equals("main") || name.isEmpty() ? name : name + "@" + revision;
    }

    static boolean endsWith(String module, String end) {
        return module.equals(end) || module.endsWith("." + end);
    }

    /** A name that counts how often it is looked at, so that an expression made to backtrack without end is found out. */
    private static final class Bounded implements CharSequence {
        private final Config config;
        private final String key;
        private final String text;
        private int steps;

        Bounded(Config config, String key, String text) {
            this.config = config;
            this.key = key;
            this.text = text;
        }

        @Override
        public int length() {
            return text.length();
        }

        @Override
        public char charAt(int index) {
            if (++steps > MAX_STEPS) {
                throw config.error(key, "the expression takes too long to match '" + text + "'");
            }
            return text.charAt(index);
        }

        @Override
        public CharSequence subSequence(int start, int end) {
            return text.substring(start, end);
        }

        @Override
        public String toString() {
            return text;
        }
    }
}
