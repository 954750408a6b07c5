package dev.argot.core.bundle;

import dev.argot.spi.Checkpoint;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * A model card: the {@code README.md} of a model, with the YAML front matter that the Hugging Face Hub reads.
 *
 * @param title its heading
 * @param licence the licence's identifier, such as {@code "apache-2.0"}; empty: not stated
 * @param base the base model: a Hub id, or a path; empty: none
 * @param relation what it is to its base: {@code "adapter"}, {@code "finetune"}, {@code "merge"} or {@code "quantized"}
 * @param library what loads it: {@code "peft"} or {@code "transformers"}
 * @param pipeline what it is for, as the Hub calls it, such as {@code "text-generation"}
 * @param tags further tags, such as the domain
 * @param sections the text, by heading; Markdown
 */
public record ModelCard(
        String title,
        String licence,
        String base,
        String relation,
        String library,
        String pipeline,
        List<String> tags,
        Map<String, String> sections) {
    private static final Pattern HUB_ID = Pattern.compile("[A-Za-z0-9][\\w.-]*/[A-Za-z0-9][\\w.-]*");

    /** Copies the collections. */
    public ModelCard {
        tags = List.copyOf(tags);
        sections = java.util.Collections.unmodifiableMap(new LinkedHashMap<>(sections));
    }

    /**
     * The card of a model that was exported.
     *
     * @param checkpoint where it came from
     * @param folder where it goes
     */
    public static byte[] ofExport(Checkpoint checkpoint, Path folder) {
        String type = checkpoint.config().string("model_type");
        String what = checkpoint instanceof MergedCheckpoint merged
                ? "The base model " + merged.base().location().getFileName() + " with the adapter "
                        + merged.location().getFileName() + " merged into its weights"
                : "The model " + checkpoint.location().getFileName();
        var card = new ModelCard(
                String.valueOf(folder.toAbsolutePath().getFileName()),
                checkpoint.licence(),
                "",
                "merge",
                "transformers",
                "text-generation",
                List.of("argot", type),
                Map.of("Origin", what + ", written as a plain Hugging Face folder by Argot."));
        return card.render();
    }

    /** The file's content. */
    public byte[] render() {
        var lines = new ArrayList<String>();
        lines.add("---");
        if (!licence.isEmpty()) {
            lines.add("license: " + quoted(licence));
        }
        if (HUB_ID.matcher(base).matches()) { // the Hub takes ids alone
            lines.add("base_model: " + quoted(base));
            lines.add("base_model_relation: " + relation);
        }
        lines.add("library_name: " + library);
        lines.add("pipeline_tag: " + pipeline);
        lines.add("tags:");
        tags.forEach(tag -> lines.add("- " + quoted(tag)));
        lines.add("---");
        lines.add("");
        lines.add("# " + title);
        sections.forEach((heading, text) -> lines.addAll(List.of("", "## " + heading, "", text.strip())));
        return (String.join("\n", lines) + "\n").getBytes(StandardCharsets.UTF_8);
    }

    /** A YAML scalar; one that is no plain word in double quotes, whose escapes are those of JSON. */
    private static String quoted(String text) {
        if (text.matches("[A-Za-z][\\w./-]*")) {
            return text;
        }
        var quoted = new StringBuilder("\"");
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '"' || c == '\\') {
                quoted.append('\\').append(c);
            } else if (c < ' ') {
                quoted.append(String.format("\\u%04x", (int) c));
            } else {
                quoted.append(c);
            }
        }
        return quoted.append('"').toString();
    }
}
