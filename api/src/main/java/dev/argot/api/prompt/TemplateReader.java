package dev.argot.api.prompt;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Reads a template from a text in sections, see {@link PromptTemplate#parse}. Used once. */
final class TemplateReader {
    private static final List<String> SECTIONS = List.of("settings", "slots", "instruction", "item", "exemplar");
    private static final String ONE_OF = "one of ";

    private final String[] lines;
    /** Line numbers, from 1, at which sections begin, and their lines. */
    private final Map<String, Section> sections = new LinkedHashMap<>();

    TemplateReader(String text) {
        this.lines = text.split("\r?\n", -1);
    }

    private record Section(int firstLine, List<String> lines) {
        String text() {
            int end = lines.size();
            while (end > 0 && lines.get(end - 1).isBlank()) {
                end--;
            }
            return String.join("\n", lines.subList(0, end));
        }
    }

    PromptTemplate read() {
        split();
        Section item = sections.get("item");
        if (item == null) {
            throw error(lines.length, "expected a section [item], found " + sections.keySet());
        }
        PromptTemplate.Builder template = PromptTemplate.builder(item.text());
        eachEntry("settings", (line, key, value) -> {
            switch (key) {
                case "separator" -> template.separator(value.replace("\\n", "\n"));
                case "answer" -> template.answerSlot(value);
                case "delimiters" -> {
                    String[] both = value.split(" ", -1);
                    if (both.length != 2) {
                        throw error(
                                line,
                                "delimiters: expected two with a blank between, such as '<< >>', found '" + value
                                        + "'");
                    }
                    template.delimiters(both[0], both[1]);
                }
                default ->
                    throw error(
                            line, "expected one of the settings [separator, delimiters, answer], found '" + key + "'");
            }
        });
        // part by part, so that an error names the line of the part it is in
        Set<String> slots = built(template, item).slots();
        eachEntry("slots", (line, key, value) -> {
            if (!slots.contains(key)) {
                throw error(line, "expected one of the slots " + slots + ", found '" + key + "'");
            }
            template.slot(key, type(line, value));
        });
        Section exemplar = sections.get("exemplar");
        if (exemplar != null) {
            built(template.exemplarLayout(exemplar.text()), exemplar);
        }
        Section instruction = sections.get("instruction");
        return instruction == null ? template.build() : built(template.instruction(instruction.text()), instruction);
    }

    private static PromptTemplate built(PromptTemplate.Builder template, Section last) {
        try {
            return template.build();
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("line " + last.firstLine() + ": " + e.getMessage(), e);
        }
    }

    private void split() {
        List<String> current = List.of();
        for (int i = 0; i < lines.length; i++) {
            String line = lines[i];
            String name = line.startsWith("[") && line.endsWith("]") ? line.substring(1, line.length() - 1) : "";
            if (SECTIONS.contains(name)) {
                current = new ArrayList<>();
                if (sections.put(name, new Section(i + 1, current)) != null) {
                    throw error(i + 1, "expected each section once, found [" + name + "] again");
                }
            } else if (!sections.isEmpty()) {
                current.add(line);
            } else if (!line.isBlank()) {
                throw error(i + 1, "expected one of the sections " + SECTIONS + ", found '" + line + "'");
            }
        }
    }

    private void eachEntry(String name, Entry entry) {
        Section section = sections.get(name);
        if (section == null) {
            return;
        }
        var keys = new HashSet<String>();
        for (int i = 0; i < section.lines().size(); i++) {
            String line = section.lines().get(i);
            int number = section.firstLine() + i + 1;
            int equals = line.indexOf('=');
            if (equals >= 0) {
                String key = line.substring(0, equals).strip();
                if (!keys.add(key)) {
                    throw error(number, "expected each name once, found '" + key + "' again");
                }
                entry.read(number, key, line.substring(equals + 1).strip());
            } else if (!line.isBlank()) {
                throw error(number, "expected NAME = VALUE, found '" + line + "'");
            }
        }
    }

    private static SlotType type(int line, String value) {
        if (value.startsWith(ONE_OF)) {
            return new SlotType.OneOf(
                    Arrays.stream(value.substring(ONE_OF.length()).split("\\|", -1))
                            .map(String::strip)
                            .toList());
        }
        return switch (value) {
            case "text" -> new SlotType.Text();
            case "line" -> new SlotType.Line();
            case "number" -> new SlotType.Decimal();
            default -> throw error(line, "expected 'text', 'line', 'number' or 'one of a | b', found '" + value + "'");
        };
    }

    private static IllegalArgumentException error(int line, String problem) {
        return new IllegalArgumentException("line " + line + ": " + problem);
    }

    private interface Entry {
        void read(int line, String key, String value);
    }
}
