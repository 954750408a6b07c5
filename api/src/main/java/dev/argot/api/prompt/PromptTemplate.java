package dev.argot.api.prompt;

import dev.argot.api.ArgotException;
import dev.argot.api.FileFormatException;
import dev.argot.api.retrieval.Passage;
import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.RecordComponent;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * How a prompt is laid out: an instruction, the exemplars, then the item to be answered. Zero-, one- and few-shot prompts are the same
 * template with 0, 1 or k exemplars.
 *
 * <p>A slot is a name between delimiters, <code>{{question}}</code>: lower-case letters, digits and {@code _}, a letter first. What fills a
 * slot is never read as a template. Where the text of a template has the delimiters itself, as Mustache and some code do, others are
 * chosen, such as {@code <<} and {@code >>}.
 *
 * <p>The slot <code>{{passages}}</code> is for retrieved passages, see {@link PromptSpec.Retrieval}: numbered {@code [1]}, {@code [2]} …, each on
 * a line of its own. It may stand in the instruction or in the layout of the item, and is not among {@link #slots()}. Where no passage is
 * shown, and in exemplars, the slot is empty, and a line with nothing else is left out.
 *
 * {@snippet class="dev.argot.conformance.Snippets" region="template"}
 *
 * <p>Immutable and thread-safe. Two templates are equal when they have the same texts, types and delimiters.
 */
public final class PromptTemplate {
    /** The slot of the answer, unless the template calls it otherwise. */
    public static final String ANSWER = "answer";

    /** The slot of retrieved passages. */
    public static final String PASSAGES = "passages";

    private static final String SEPARATOR = "\n\n";
    private static final String OPEN = "{{";
    private static final String CLOSE = "}}";
    private static final Pattern NAME = Pattern.compile("[a-z][a-z0-9_]*");
    private static final Pattern DELIMITER = Pattern.compile("[^\\sA-Za-z0-9_]+");
    private static final Pattern BLANKS_AT_END = Pattern.compile("[ \\t]+\\z");
    private static final Pattern NUMBER = Pattern.compile("[+-]?[0-9]+(\\.[0-9]+)?");

    private final String instruction;
    private final String layout;
    private final Optional<String> exemplarLayout;
    private final String separator;
    private final String answerSlot;
    private final String open;
    private final String close;
    private final Map<String, SlotType> types;
    private final List<Piece> instructionPieces;
    /** Without the answer at its end. */
    private final List<Piece> item;
    /** Up to the answer, and behind it. */
    private final List<Piece> exemplar;

    private final List<Piece> exemplarEnd;
    /** Blanks between the end of a prompt and the answer; what of them ends with a line break belongs to the prompt. */
    private final String lines;

    private final String gap;

    private PromptTemplate(Builder builder) {
        this.instruction = builder.instruction;
        this.layout = builder.layout;
        this.exemplarLayout = builder.exemplarLayout;
        this.separator = builder.separator;
        this.answerSlot = builder.answerSlot;
        this.open = builder.open;
        this.close = builder.close;
        requireDelimiter(open);
        requireDelimiter(close);
        if (!NAME.matcher(answerSlot).matches() || answerSlot.equals(PASSAGES)) {
            throw new IllegalArgumentException(
                    "the answer's slot: expected a name of lower-case letters, digits and _, other than '" + PASSAGES
                            + "'; found '" + answerSlot + "'");
        }
        this.instructionPieces = pieces("the instruction", instruction);
        for (String slot : names(instructionPieces)) {
            throw new IllegalArgumentException("the instruction is the same for every item and has no slots but "
                    + marked(PASSAGES) + "; found " + marked(slot) + ", which belongs into the layout of the item");
        }
        List<Piece> whole = pieces("the layout", layout);
        this.item = beforeAnswer("the layout", whole);
        if (item.size() != whole.size() - 1) {
            throw new IllegalArgumentException(
                    "the layout must have " + marked(answerSlot) + " once, at its end; found: " + layout);
        }
        this.types = types(builder.types, names(item));
        if (exemplarLayout.isPresent()) {
            List<Piece> shown = pieces("the layout of exemplars", exemplarLayout.get());
            this.exemplar = beforeAnswer("the layout of exemplars", shown);
            this.exemplarEnd = shown.subList(exemplar.size() + 1, shown.size());
            var unknown = new LinkedHashSet<>(names(shown));
            unknown.remove(answerSlot);
            unknown.removeAll(types.keySet());
            if (!unknown.isEmpty()) {
                throw new IllegalArgumentException("the layout of exemplars has slots that the item lacks: " + unknown
                        + "; the item has " + types.keySet());
            }
            if (shown.contains(new Piece(true, PASSAGES))) {
                throw new IllegalArgumentException("the layout of exemplars has " + marked(PASSAGES)
                        + ", but passages belong to the item; leave the slot out");
            }
        } else {
            this.exemplar = item;
            this.exemplarEnd = List.of();
        }
        if (instructionPieces.contains(new Piece(true, PASSAGES)) && item.contains(new Piece(true, PASSAGES))) {
            throw new IllegalArgumentException(
                    marked(PASSAGES) + " stands both in the instruction and in the layout; expected it once");
        }
        String last =
                item.isEmpty() || item.getLast().isSlot() ? "" : item.getLast().text();
        String blanks = last.substring(last.stripTrailing().length());
        int lineEnd = blanks.lastIndexOf('\n') + 1;
        this.lines = blanks.substring(0, lineEnd);
        this.gap = blanks.substring(lineEnd);
    }

    /**
     * A template without instruction, items separated by an empty line.
     *
     * @param layout one item with its slots; ends with <code>{{answer}}</code>
     * @throws IllegalArgumentException as {@link Builder#build}
     */
    public static PromptTemplate of(String layout) {
        return builder(layout).build();
    }

    /**
     * Begins a template.
     *
     * @param layout one item with its slots; ends with the answer's slot, which exemplars fill and the item leaves open
     */
    public static Builder builder(String layout) {
        return new Builder(layout);
    }

    /**
     * Reads a template from a text. It has sections, each after a line with its name in brackets; those but {@code [item]} may be missing.
     *
     * <pre>{@code
     * [settings]
     * separator = \n\n
     * delimiters = << >>
     * answer = label
     * [slots]
     * message = text
     * channel = one of app | mail | branch
     * [instruction]
     * Say what the customer wants.
     * [item]
     * Message (<<channel>>): <<message>>
     * Intent: <<label>>
     * [exemplar]
     * <<message>> -> <<label>>
     * }</pre>
     *
     * A slot is {@code text}, {@code line}, {@code number}, or {@code one of} values separated by {@code |}; slots not named are
     * {@code text}. In a separator, {@code \n} stands for the end of a line. Empty lines at the end of a section are not part of it.
     *
     * @param text the text
     * @throws IllegalArgumentException if it is malformed; the message names the line, what was expected and what was found
     */
    public static PromptTemplate parse(String text) {
        return new TemplateReader(text).read();
    }

    /**
     * Reads a template from a file in UTF-8, with or without byte order mark, see {@link #parse}.
     *
     * @param file the file
     * @throws FileFormatException if it is malformed; the message names file and line, what was expected and what was found
     * @throws ArgotException if it cannot be read
     */
    public static PromptTemplate read(Path file) {
        try {
            String text = Files.readString(file, StandardCharsets.UTF_8);
            return parse(text.startsWith("\ufeff") ? text.substring(1) : text);
        } catch (CharacterCodingException e) {
            throw new FileFormatException(file, "expected UTF-8, found malformed bytes", e);
        } catch (IOException e) {
            throw new ArgotException("cannot read the template " + file + ": " + e, e);
        } catch (IllegalArgumentException e) {
            throw new FileFormatException(file, String.valueOf(e.getMessage()), e);
        }
    }

    /**
     * What fills slots, from the components of a record: {@code accountNumber} fills <code>{{account_number}}</code>. Values are written as
     * {@link String#valueOf(Object)} does.
     *
     * @param item a record of a public class, in a package that is exported or opened to {@code dev.argot.api}
     * @throws IllegalArgumentException if a component is null or cannot be read; the message names it
     */
    public static Map<String, String> inputs(Record item) {
        var inputs = new LinkedHashMap<String, String>();
        for (RecordComponent component : item.getClass().getRecordComponents()) {
            String name = component.getName();
            Object value;
            try {
                component.getAccessor().trySetAccessible();
                value = component.getAccessor().invoke(item);
            } catch (IllegalAccessException e) {
                throw new IllegalArgumentException(
                        "the component '" + name + "' of " + item.getClass().getName()
                                + " cannot be read: make the record public and export or open its package to dev.argot.api",
                        e);
            } catch (InvocationTargetException e) {
                throw new IllegalArgumentException(
                        "the component '" + name + "' of " + item.getClass().getName() + " cannot be read: "
                                + e.getCause(),
                        e);
            }
            if (value == null) {
                throw new IllegalArgumentException("the component '" + name + "' of "
                        + item.getClass().getName() + ": expected a value, found null");
            }
            inputs.put(snakeCase(name), String.valueOf(value));
        }
        return inputs;
    }

    private static String snakeCase(String name) {
        return name.replaceAll("([a-z0-9])([A-Z])", "$1_$2").toLowerCase(Locale.ROOT);
    }

    /** The instruction, which stands first; may be empty. */
    public String instruction() {
        return instruction;
    }

    /**
     * The instruction with passages, where it has the slot for them.
     *
     * @param passages what was retrieved, most relevant first
     */
    public String instruction(List<Passage> passages) {
        return fill(instructionPieces, Map.of(), passages);
    }

    /** One item with its slots, the answer's at its end. */
    public String layout() {
        return layout;
    }

    /** One exemplar with its slots; default that of the item. */
    public String exemplarLayout() {
        return exemplarLayout.orElse(layout);
    }

    /** What stands after the instruction and between items. */
    public String separator() {
        return separator;
    }

    /** Name of the answer's slot; default {@link #ANSWER}. */
    public String answerSlot() {
        return answerSlot;
    }

    /** The slots to fill beside the answer, in order of first use. */
    public Set<String> slots() {
        return types.keySet();
    }

    /** What may fill each slot, in order of first use. */
    public Map<String, SlotType> types() {
        return types;
    }

    /**
     * The template of nothing but what stands on the line of the answer before it, behind the last slot: {@code "Intent:"}. What a model
     * expects behind it alone, it expects of the task and not of the item (domain premise, Holtzman et al. 2021).
     */
    public PromptTemplate premise() {
        String last = item.isEmpty() || item.getLast().isSlot()
                ? ""
                : item.getLast().text().stripTrailing();
        String line = last.substring(last.lastIndexOf('\n') + 1).strip();
        return builder(line + lines + gap + marked(answerSlot))
                .separator(separator)
                .answerSlot(answerSlot)
                .delimiters(open, close)
                .build();
    }

    /** What follows an answer where another item follows: the rest of an exemplar's layout up to a slot, or the separator. */
    public String answerEnd() {
        return exemplarEnd.isEmpty() || exemplarEnd.getFirst().isSlot()
                ? separator
                : exemplarEnd.getFirst().text();
    }

    /** Whether it shows retrieved passages. */
    public boolean showsPassages() {
        var passages = new Piece(true, PASSAGES);
        return instructionPieces.contains(passages) || item.contains(passages);
    }

    /**
     * Checks what is to fill the slots.
     *
     * @param inputs what fills each slot
     * @throws IllegalArgumentException if a slot is not filled, an input has no slot, or is not of the slot's type; the message names it
     */
    public void check(Map<String, String> inputs) {
        if (!inputs.keySet().equals(slots())) {
            throw new IllegalArgumentException("the template has the slots " + slots() + ", found inputs for "
                    + new LinkedHashSet<>(inputs.keySet()));
        }
        types.forEach((slot, type) -> {
            String value = inputs.get(slot);
            if (value == null || !fits(type, value)) {
                throw new IllegalArgumentException(
                        "slot '" + slot + "': expected " + described(type) + ", found '" + value + "'");
            }
        });
    }

    private static boolean fits(SlotType type, String value) {
        return switch (type) {
            case SlotType.Text ignored -> true;
            case SlotType.Line ignored -> value.indexOf('\n') < 0 && value.indexOf('\r') < 0;
            case SlotType.Decimal ignored -> NUMBER.matcher(value).matches();
            case SlotType.OneOf(List<String> values) -> values.contains(value);
        };
    }

    private static String described(SlotType type) {
        return switch (type) {
            case SlotType.Text ignored -> "text";
            case SlotType.Line ignored -> "text without line breaks";
            case SlotType.Decimal ignored -> "a number in decimal notation";
            case SlotType.OneOf(List<String> values) -> "one of " + values;
        };
    }

    /**
     * A prompt that ends where the answer begins, without passages.
     *
     * @param exemplars items with their answers, in the order they are shown
     * @param inputs what fills the slots of the item to be answered
     * @throws IllegalArgumentException as {@link #check}
     */
    public String render(List<Example> exemplars, Map<String, String> inputs) {
        return render(exemplars, inputs, List.of());
    }

    /**
     * A prompt that ends where the answer begins: with a line break, where the layout has one before the answer, but not with a blank.
     *
     * @param exemplars items with their answers, in the order they are shown
     * @param inputs what fills the slots of the item to be answered
     * @param passages what was retrieved, most relevant first
     * @throws IllegalArgumentException as {@link #check}
     */
    public String render(List<Example> exemplars, Map<String, String> inputs, List<Passage> passages) {
        var parts = new ArrayList<String>();
        String beginning = instruction(passages);
        if (!beginning.isEmpty()) {
            parts.add(beginning);
        }
        for (Example exemplar : exemplars) {
            check(exemplar.inputs());
            parts.add(fill(this.exemplar, exemplar.inputs(), List.of())
                    + exemplar.answer()
                    + fill(exemplarEnd, exemplar.inputs(), List.of()));
        }
        parts.add(question(inputs, passages) + lines);
        return String.join(separator, parts);
    }

    /**
     * What follows {@link #render} when the model answers: the blanks of the layout between the last line break, or other character, and the
     * answer, which a prompt leaves out; and the answer.
     *
     * @param answer an answer
     */
    public String completion(String answer) {
        return gap + answer;
    }

    /**
     * An item up to the answer, without blanks at its end: what a user says in a chat.
     *
     * @param inputs what fills the slots
     * @param passages what was retrieved, most relevant first
     * @throws IllegalArgumentException as {@link #check}
     */
    public String question(Map<String, String> inputs, List<Passage> passages) {
        check(inputs);
        return fill(item, inputs, passages).stripTrailing();
    }

    /**
     * An exemplar up to its answer, without blanks at its end: what a user says in a chat.
     *
     * @param exemplar the exemplar
     * @throws IllegalArgumentException as {@link #check}
     */
    public String question(Example exemplar) {
        check(exemplar.inputs());
        return fill(this.exemplar, exemplar.inputs(), List.of()).stripTrailing();
    }

    /**
     * What every exemplar begins with: its layout before the first slot, without blanks at its end. A model that is to write a further item continues
     * from there.
     */
    public String exemplarBeginning() {
        String mark = unused();
        String layout = withSlots(mark);
        return BLANKS_AT_END
                .matcher(layout.substring(0, Math.max(0, layout.indexOf(mark))))
                .replaceFirst("");
    }

    /** What every exemplar has between its last slot and the answer, without blanks at its end. */
    public String exemplarEnding() {
        String mark = unused();
        String layout = withSlots(mark);
        return layout.substring(layout.lastIndexOf(mark) + 1).stripTrailing();
    }

    /** The layout of an exemplar up to its answer, with a mark for each slot. */
    private String withSlots(String mark) {
        var marked = new HashMap<String, String>();
        slots().forEach(slot -> marked.put(slot, mark));
        return fill(exemplar, marked, List.of());
    }

    /**
     * Finds items in a text that is laid out as exemplars are, such as one that a model wrote after some: each begins the text or stands behind
     * a separator, and goes at least as far as its answer's slot. What fills a slot does not contain the separator, is not blank, and is of the
     * slot's type; blanks around it are left out. Where nothing but blanks stands between a slot and the answer, their border cannot be told, and no item is found.
     *
     * @param text any text
     * @return what fills the slots of each item found, in order; those of the exemplars' layout alone
     */
    public List<Map<String, String>> itemsIn(String text) {
        String mark = unused(); // stands around the number of a slot
        List<String> names = List.copyOf(slots());
        var marked = new LinkedHashMap<String, String>();
        names.forEach(name -> marked.put(name, mark + marked.size() + mark));
        String layout = fill(exemplar, marked, List.of()).stripTrailing();
        if (layout.endsWith(mark)) {
            return List.of();
        }
        String parted = separator.isEmpty() ? "" : Pattern.quote(separator);
        String character = parted.isEmpty() ? "." : "(?!" + parted + ").";
        var pattern = new StringBuilder(parted.isEmpty() ? "\\A" : "(?:\\A|" + parted + ")");
        var groups = new ArrayList<String>();
        String[] parts = layout.split(mark, -1);
        for (int i = 0; i < parts.length; i++) {
            if (i % 2 == 0) {
                pattern.append(Pattern.quote(parts[i]));
                continue;
            }
            String name = names.get(Integer.parseInt(parts[i]));
            if (groups.contains(name)) {
                pattern.append("(?:\\").append(groups.indexOf(name) + 1).append(')');
            } else {
                groups.add(name);
                pattern.append("((?:").append(character).append(")+?)");
            }
        }
        var items = new ArrayList<Map<String, String>>();
        Matcher found = Pattern.compile(pattern.toString(), Pattern.DOTALL).matcher(text.strip());
        while (found.find()) {
            var item = new LinkedHashMap<String, String>();
            for (int i = 0; i < groups.size(); i++) {
                item.put(groups.get(i), found.group(i + 1).strip());
            }
            if (item.entrySet().stream()
                    .allMatch(input -> !input.getValue().isEmpty()
                            && fits(types.getOrDefault(input.getKey(), new SlotType.Text()), input.getValue()))) {
                items.add(item);
            }
        }
        return items;
    }

    /** A character that the layout of exemplars does not have. */
    private String unused() {
        String unused = "\ue000";
        while (exemplarLayout().contains(unused)) {
            unused = String.valueOf((char) (unused.charAt(0) + 1));
        }
        return unused;
    }

    private static String fill(List<Piece> pieces, Map<String, String> inputs, List<Passage> passages) {
        var text = new StringBuilder();
        boolean dropLineEnd = false;
        for (int i = 0; i < pieces.size(); i++) {
            Piece piece = pieces.get(i);
            if (!piece.isSlot()) {
                text.append(dropLineEnd ? piece.text().substring(1) : piece.text());
                dropLineEnd = false;
            } else if (!piece.text().equals(PASSAGES)) {
                text.append(inputs.getOrDefault(piece.text(), ""));
            } else if (!passages.isEmpty()) {
                text.append(numbered(passages));
            } else {
                boolean begins = i == 0 || endsLine(pieces.get(i - 1));
                if (begins && i == pieces.size() - 1 && !text.isEmpty()) {
                    text.setLength(text.length() - 1);
                }
                dropLineEnd = begins
                        && i < pieces.size() - 1
                        && !pieces.get(i + 1).isSlot()
                        && pieces.get(i + 1).text().startsWith("\n");
            }
        }
        return text.toString();
    }

    private static boolean endsLine(Piece piece) {
        return !piece.isSlot() && piece.text().endsWith("\n");
    }

    private static String numbered(List<Passage> passages) {
        var text = new StringBuilder();
        for (int i = 0; i < passages.size(); i++) {
            text.append(i == 0 ? "" : "\n").append('[').append(i + 1).append("] ");
            text.append(passages.get(i).text().strip());
        }
        return text.toString();
    }

    // ---- reading a layout

    /** A piece of a layout: text as it is, or the name of a slot. */
    private record Piece(boolean isSlot, String text) {}

    private List<Piece> pieces(String what, String text) {
        var pieces = new ArrayList<Piece>();
        int at = 0;
        while (true) {
            int slot = text.indexOf(open, at);
            if (slot < 0) {
                break;
            }
            int end = text.indexOf(close, slot + open.length());
            String name = end < 0 ? "" : text.substring(slot + open.length(), end);
            if (!NAME.matcher(name).matches()) {
                throw new IllegalArgumentException(
                        what + ": expected the name of a slot (lower-case letters, digits and _) between " + open
                                + " and " + close + ", found '"
                                + text.substring(slot, Math.min(text.length(), slot + 40)) + "'; where " + open
                                + " is meant as text, choose other delimiters");
            }
            if (slot > at) {
                pieces.add(new Piece(false, text.substring(at, slot)));
            }
            pieces.add(new Piece(true, name));
            at = end + close.length();
        }
        if (at < text.length()) {
            pieces.add(new Piece(false, text.substring(at)));
        }
        return List.copyOf(pieces);
    }

    /** The pieces before the answer, which must be there once. */
    private List<Piece> beforeAnswer(String what, List<Piece> pieces) {
        var answer = new Piece(true, answerSlot);
        int at = pieces.indexOf(answer);
        if (at < 0 || pieces.lastIndexOf(answer) != at) {
            throw new IllegalArgumentException(what + " must have the answer's slot " + marked(answerSlot)
                    + " once, found it " + (at < 0 ? "nowhere" : "several times"));
        }
        return pieces.subList(0, at);
    }

    private static Set<String> names(List<Piece> pieces) {
        var names = new LinkedHashSet<String>();
        pieces.stream()
                .filter(piece -> piece.isSlot() && !piece.text().equals(PASSAGES))
                .forEach(piece -> names.add(piece.text()));
        return names;
    }

    private static Map<String, SlotType> types(Map<String, SlotType> declared, Set<String> slots) {
        var unknown = new LinkedHashSet<>(declared.keySet());
        unknown.removeAll(slots);
        if (!unknown.isEmpty()) {
            throw new IllegalArgumentException(
                    "types are declared for slots that the layout lacks: " + unknown + "; it has " + slots);
        }
        var types = new LinkedHashMap<String, SlotType>();
        slots.forEach(slot -> types.put(slot, declared.getOrDefault(slot, new SlotType.Text())));
        return Collections.unmodifiableMap(types);
    }

    private static void requireDelimiter(String delimiter) {
        if (!DELIMITER.matcher(delimiter).matches()) {
            throw new IllegalArgumentException(
                    "delimiters: expected characters other than letters, digits, _ and blanks, found '" + delimiter
                            + "'");
        }
    }

    private String marked(String slot) {
        return open + slot + close;
    }

    private List<Object> state() {
        return List.of(instruction, layout, exemplarLayout, separator, answerSlot, open, close, types);
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof PromptTemplate template && state().equals(template.state());
    }

    @Override
    public int hashCode() {
        return Objects.hash(state());
    }

    @Override
    public String toString() {
        return "PromptTemplate" + state();
    }

    /** Collects what a template has. Not thread-safe. */
    public static final class Builder {
        private final String layout;
        private String instruction = "";
        private Optional<String> exemplarLayout = Optional.empty();
        private String separator = SEPARATOR;
        private String answerSlot = ANSWER;
        private String open = OPEN;
        private String close = CLOSE;
        private final Map<String, SlotType> types = new LinkedHashMap<>();

        private Builder(String layout) {
            this.layout = layout;
        }

        /**
         * Sets what stands first.
         *
         * @param instruction the same for every item; may have the slot of passages; default empty
         */
        public Builder instruction(String instruction) {
            this.instruction = instruction;
            return this;
        }

        /**
         * Sets how an exemplar is laid out.
         *
         * @param layout with the answer's slot once, anywhere, and slots of the item; default the item's
         */
        public Builder exemplarLayout(String layout) {
            this.exemplarLayout = Optional.of(layout);
            return this;
        }

        /**
         * Sets what stands after the instruction and between items.
         *
         * @param separator any text; default an empty line
         */
        public Builder separator(String separator) {
            this.separator = separator;
            return this;
        }

        /**
         * Sets what may fill a slot.
         *
         * @param name a slot of the layout
         * @param type what may fill it; default {@link SlotType.Text}
         */
        public Builder slot(String name, SlotType type) {
            types.put(name, type);
            return this;
        }

        /**
         * Sets the name of the answer's slot.
         *
         * @param name the name; default {@link #ANSWER}
         */
        public Builder answerSlot(String name) {
            this.answerSlot = name;
            return this;
        }

        /**
         * Sets what stands around the name of a slot.
         *
         * @param open before it; no letters, digits, underscores or blanks; default <code>{{</code>
         * @param close behind it; the same; default <code>}}</code>
         */
        public Builder delimiters(String open, String close) {
            this.open = open;
            this.close = close;
            return this;
        }

        /**
         * The template.
         *
         * @throws IllegalArgumentException if the layout does not end with the answer's slot or has it twice, the layout of exemplars has not
         *     the answer's slot once or slots the item lacks, a slot is typed that is not there, the instruction has slots, or something between delimiters
         *     is no name; the message names it
         */
        public PromptTemplate build() {
            return new PromptTemplate(this);
        }
    }
}
