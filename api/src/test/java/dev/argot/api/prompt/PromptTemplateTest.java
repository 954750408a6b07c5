package dev.argot.api.prompt;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.argot.api.FileFormatException;
import dev.argot.api.retrieval.Passage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class PromptTemplateTest {
    private final PromptTemplate template = PromptTemplate.builder("Sig: {{sig}}\nMeaning: {{answer}}")
            .instruction("Expand the sig.")
            .separator("\n--\n")
            .build();

    private static Example example(String id, String sig, String answer) {
        return new Example(id, Map.of("sig", sig), answer);
    }

    private static Passage passage(String text) {
        return new Passage("d", "s", 0, text.length(), text, 1);
    }

    // ---- rendering

    @Test
    void render_withoutExemplars_endsWhereTheAnswerBegins() {
        assertThat(template.render(List.of(), Map.of("sig", "1 tab po")))
                .isEqualTo("Expand the sig.\n--\nSig: 1 tab po\nMeaning:");
    }

    @Test
    void render_withExemplars_showsThemInOrder() {
        var exemplars = List.of(example("1", "qd", "daily"), example("2", "hs", "at bedtime"));
        assertThat(template.render(exemplars, Map.of("sig", "bid")))
                .isEqualTo("Expand the sig.\n--\nSig: qd\nMeaning: daily\n--\nSig: hs\nMeaning: at bedtime\n--\n"
                        + "Sig: bid\nMeaning:");
    }

    @Test
    void render_ofInputsThatLookLikeSlots_leavesThemAlone() {
        assertThat(PromptTemplate.of("{{a}}{{b}}: {{answer}}")
                        .render(List.of(), Map.of("a", "{{b}}$1\\", "b", "{{answer}}")))
                .isEqualTo("{{b}}$1\\{{answer}}:");
    }

    @Test
    void render_withALayoutOfExemplars_showsThemInIt() {
        PromptTemplate code = PromptTemplate.builder("// {{what}}\nint f() {{answer}}")
                .exemplarLayout("/* {{what}} */ int f() {{answer}} // done")
                .build();
        var exemplar = new Example("1", Map.of("what", "one"), "{ return 1; }");
        assertThat(code.render(List.of(exemplar), Map.of("what", "two")))
                .isEqualTo("/* one */ int f() { return 1; } // done\n\n// two\nint f()");
        assertThat(code.question(exemplar)).isEqualTo("/* one */ int f()");
    }

    @Test
    void render_withOtherDelimiters_leavesMustacheAndJsonAlone() {
        PromptTemplate mustache = PromptTemplate.builder("{\"a\": {\"b\": {{x}}}}\n<<text>> => <<answer>>")
                .delimiters("<<", ">>")
                .build();
        assertThat(mustache.slots()).containsExactly("text");
        assertThat(mustache.render(List.of(), Map.of("text", "{{text}} <<text>>")))
                .isEqualTo("{\"a\": {\"b\": {{x}}}}\n{{text}} <<text>> =>");
    }

    @Test
    void completion_isWhatRenderedExemplarsHaveAfterThePrompt() {
        String prompt = template.render(List.of(), Map.of("sig", "qd"));
        assertThat(template.render(List.of(example("1", "qd", "daily")), Map.of("sig", "bid")))
                .startsWith(prompt + template.completion("daily") + "\n--\n");
        assertThat(template.completion("daily")).isEqualTo(" daily");
        assertThat(PromptTemplate.of("{{text}}={{answer}}").completion("x")).isEqualTo("x");
    }

    @Test
    void completion_afterALineBreak_leavesThatToThePrompt() {
        PromptTemplate own = PromptTemplate.of("{{text}}\n\n  {{answer}}");
        assertThat(own.completion("x")).isEqualTo("  x");
        assertThat(own.render(List.of(), Map.of("text", "a "))).isEqualTo("a\n\n");
    }

    @Test
    void premise_isTheLastLineBehindTheLastSlot() {
        assertThat(template.premise().render(List.of(), Map.of())).isEqualTo("Meaning:");
        assertThat(template.premise().completion("x")).isEqualTo(" x");
        assertThat(PromptTemplate.builder("<<a>> is a <<kind>>")
                        .delimiters("<<", ">>")
                        .answerSlot("kind")
                        .build()
                        .premise()
                        .render(List.of(), Map.of()))
                .isEqualTo("is a");
    }

    // ---- passages

    @Test
    void render_withPassages_numbersThem() {
        PromptTemplate cited = PromptTemplate.of("Sources:\n{{passages}}\nQ: {{q}}\nA: {{answer}}");
        assertThat(cited.slots()).containsExactly("q");
        assertThat(cited.render(
                        List.of(new Example("1", Map.of("q", "a?"), "b")),
                        Map.of("q", "c?"),
                        List.of(passage("One. "), passage("Two {{q}}."))))
                .isEqualTo("Sources:\nQ: a?\nA: b\n\nSources:\n[1] One.\n[2] Two {{q}}.\nQ: c?\nA:");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
            Read.;{{passages}}         | Read.
            {{passages}};Read.         | Read.
            {{passages}}               | ''
            Read ({{passages}}).       | Read ().
            Read.;{{passages}};Answer. | Read.;Answer.
            """)
    void instruction_withoutPassages_leavesTheirLineOut(String instruction, String expected) {
        PromptTemplate cited = PromptTemplate.builder("{{q}} {{answer}}")
                .instruction(instruction.replace(';', '\n'))
                .build();
        assertThat(cited.instruction(List.of())).isEqualTo(expected.replace(';', '\n'));
        assertThat(cited.instruction(List.of(passage("x"))))
                .isEqualTo(instruction.replace(';', '\n').replace("{{passages}}", "[1] x"));
    }

    // ---- validation

    @ParameterizedTest
    @ValueSource(strings = {"", "{{text}}", "{{answer}}\n", "{{answer}} {{answer}}", "{{Answer}}"})
    void layout_withoutTheAnswerAtItsEnd_isRefused(String layout) {
        assertThatThrownBy(() -> PromptTemplate.of(layout))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("nswer}}");
    }

    @ParameterizedTest
    @ValueSource(strings = {"{{Text}}", "{{ text }}", "{{{text}}}", "{{", "{{1st}}"})
    void layout_withSomethingElseBetweenDelimiters_isRefused(String text) {
        assertThatThrownBy(() -> PromptTemplate.of("Say " + text + ": {{answer}}"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(text)
                .hasMessageContaining("other delimiters");
    }

    @Test
    void build_slotsThatDoNotFit_areNamed() {
        assertRefused(PromptTemplate.builder("{{a}} {{answer}}").slot("b", new SlotType.Line()), "[b]", "[a]");
        assertRefused(PromptTemplate.builder("{{a}} {{answer}}").exemplarLayout("{{c}} {{answer}}"), "[c]", "[a]");
        assertRefused(PromptTemplate.builder("{{a}} {{answer}}").exemplarLayout("{{a}}"), "{{answer}}", "nowhere");
        assertRefused(
                PromptTemplate.builder("{{a}} {{answer}}").exemplarLayout("{{answer}}{{answer}}"),
                "{{answer}}",
                "several times");
        assertRefused(
                PromptTemplate.builder("{{a}} {{answer}}").exemplarLayout("{{passages}} {{answer}}"), "{{passages}}");
        assertRefused(PromptTemplate.builder("{{a}} {{answer}}").instruction("Say {{a}}."), "{{a}}");
        assertRefused(
                PromptTemplate.builder("{{passages}} {{a}} {{answer}}").instruction("{{passages}}"), "{{passages}}");
        assertRefused(PromptTemplate.builder("{{a}} {{label}}").answerSlot("lab el"), "'lab el'");
        assertRefused(PromptTemplate.builder("<a> <answer>").delimiters("a", ">"), "'a'");
    }

    private static void assertRefused(PromptTemplate.Builder builder, String... named) {
        assertThatThrownBy(builder::build)
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContainingAll(named);
    }

    @Test
    void check_missingOrUnknownInputs_areNamed() {
        assertThatThrownBy(() -> template.render(List.of(), Map.of()))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("[sig]");
        assertThatThrownBy(() -> template.render(List.of(), Map.of("sig", "a", "text", "b")))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("text");
    }

    @ParameterizedTest
    @CsvSource({
        "line, a b, true",
        "line, 'a\nb', false",
        "line, 'a\rb', false",
        "number, -12.5, true",
        "number, 7, true",
        "number, 1e3, false",
        "number, ., false",
        "number, '', false",
        "one of x | y, y, true",
        "one of x | y, z, false",
        "text, 'a\nb', true"
    })
    void check_byType(String type, String value, boolean fits) {
        PromptTemplate typed = PromptTemplate.parse("[slots]\nv = " + type + "\n[item]\n{{v}} {{answer}}");
        if (fits) {
            typed.check(Map.of("v", value));
        } else {
            assertThatThrownBy(() -> typed.check(Map.of("v", value)))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContainingAll("'v'", "'" + value + "'");
        }
    }

    // ---- records

    enum Channel {
        APP
    }

    /**
     * An item.
     *
     * @param accountNumber fills account_number
     * @param channel fills channel
     */
    public record Message(long accountNumber, Channel channel) {}

    /**
     * An item that may have nothing.
     *
     * @param text fills text
     */
    public record Nothing(Optional<String> text, String other) {}

    @Test
    void inputs_ofARecord_areItsComponents() {
        assertThat(PromptTemplate.inputs(new Message(12, Channel.APP)))
                .isEqualTo(Map.of("account_number", "12", "channel", "APP"));
    }

    @Test
    @SuppressWarnings("NullAway") // what is refused
    void inputs_ofNull_nameTheComponent() {
        assertThatThrownBy(() -> PromptTemplate.inputs(new Nothing(Optional.empty(), null)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("'other'");
    }

    // ---- texts and files

    private static final String TEXT =
            """
            [settings]
            separator = \\n--\\n
            delimiters = << >>
            answer = label
            [slots]
            channel = one of app | mail
            [instruction]
            Say what the customer wants.

            One word.

            [item]
            (<<channel>>) <<message>>
            Intent: <<label>>

            [exemplar]
            <<message>> -> <<label>>
            """;

    @Test
    void parse_allSections_equalsWhatIsBuilt() {
        assertThat(PromptTemplate.parse(TEXT))
                .isEqualTo(PromptTemplate.builder("(<<channel>>) <<message>>\nIntent: <<label>>")
                        .instruction("Say what the customer wants.\n\nOne word.")
                        .exemplarLayout("<<message>> -> <<label>>")
                        .separator("\n--\n")
                        .delimiters("<<", ">>")
                        .answerSlot("label")
                        .slot("channel", new SlotType.OneOf(List.of("app", "mail")))
                        .build())
                .hasSameHashCodeAs(PromptTemplate.parse(TEXT.replace("\n", "\r\n")))
                .isNotEqualTo(PromptTemplate.parse(TEXT.replace("app", "web")));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
            [item];{{a}};[item];{{answer}}                  | line 3 | [item] again
            [items];{{answer}}                              | line 1 | '[items]'
            [slots];a = line                                | line 2 | [item]
            [settings];colour = red;[item];{{answer}}       | line 2 | 'colour'
            [settings];delimiters = <<;[item];{{answer}}    | line 2 | '<<'
            [slots];a = word;[item];{{a}}{{answer}}         | line 2 | 'word'
            [slots];a;[item];{{a}}{{answer}}                | line 2 | 'a'
            [slots];b = line;[item];{{a}}{{answer}}         | line 2 | 'b'
            [slots];a = line;a = text;[item];{{a}}{{answer}} | line 3 | 'a' again
            [item];{{a}}{{answer}};[exemplar];{{b}}{{answer}} | line 3 | [b]
            [instruction];{{b}};[item];{{a}}{{answer}}      | line 1 | {{b}}
            """)
    void read_malformed_namesFileLineAndWhatWasFound(String text, String line, String found, @TempDir Path folder)
            throws IOException {
        Path file = Files.writeString(folder.resolve("ask.template"), text.replace(';', '\n'));
        assertThatThrownBy(() -> PromptTemplate.read(file))
                .isInstanceOf(FileFormatException.class)
                .hasMessageContainingAll(file.toString(), line, found);
    }

    @Test
    void read_file_readsIt(@TempDir Path folder) throws IOException {
        Path file = Files.writeString(folder.resolve("ask.template"), TEXT);
        assertThat(PromptTemplate.read(file)).isEqualTo(PromptTemplate.parse(TEXT));
    }

    @Test
    void read_byteOrderMark_isNoneOfTheText(@TempDir Path folder) throws IOException {
        Path file = Files.writeString(folder.resolve("ask.template"), "\ufeff" + TEXT);
        assertThat(PromptTemplate.read(file)).isEqualTo(PromptTemplate.parse(TEXT));
    }

    @Test
    void check_nullInput_isRefused() {
        var inputs = new HashMap<String, String>();
        inputs.put("q", null);
        assertThatThrownBy(() -> PromptTemplate.of("{{q}} {{answer}}").check(inputs))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContainingAll("'q'", "null");
    }

    @Test
    void read_malformedBytes_isRefused(@TempDir Path folder) throws IOException {
        Path file = Files.write(folder.resolve("ask.template"), new byte[] {'[', (byte) 0xff});
        assertThatThrownBy(() -> PromptTemplate.read(file))
                .isInstanceOf(FileFormatException.class)
                .hasMessageContaining("UTF-8");
    }

    @Test
    void itemsIn_ofRenderedExemplars_areTheirs() {
        PromptTemplate template = PromptTemplate.builder("Q ({{kind}}, {{n}}): {{text}}\n{{passages}}\nA: {{answer}}")
                .slot("kind", new SlotType.OneOf(List.of("a.b", "c|d")))
                .slot("n", new SlotType.Decimal())
                .build();
        var items = List.of(
                Map.of("kind", "a.b", "n", "-2.5", "text", "two\nlines $1 \\E"),
                Map.of("kind", "c|d", "n", "7", "text", "\ue000 (x): y"));
        String rendered = template.render(
                List.of(new Example("1", items.get(0), "x"), new Example("2", items.get(1), "y\nz")), items.get(0));
        assertThat(template.itemsIn(rendered)).containsExactly(items.get(0), items.get(1), items.get(0));
        assertThat(template.itemsIn("\n " + rendered + "\n\nQ (a.b, 1): cut")).hasSize(3);
    }

    @Test
    void exemplarBeginning_isTheLayoutBeforeTheFirstSlot() {
        assertThat(PromptTemplate.of("Text: {{text}}\nLabel: {{answer}}").exemplarBeginning())
                .isEqualTo("Text:");
        assertThat(PromptTemplate.of("Text:\n  {{text}}\nLabel: {{answer}}").exemplarBeginning())
                .isEqualTo("Text:\n");
        assertThat(PromptTemplate.of("{{text}}: {{answer}}").exemplarBeginning())
                .isEmpty();
        assertThat(PromptTemplate.builder("Item {{text}}: {{answer}}")
                        .exemplarLayout("- {{text}} = {{answer}}")
                        .build()
                        .exemplarBeginning())
                .isEqualTo("-");
        assertThat(PromptTemplate.of("See:\n{{passages}}\nText: {{text}}\nLabel: {{answer}}")
                        .exemplarBeginning())
                .isEqualTo("See:\nText:");
    }

    @Test
    void exemplarEnding_isTheLayoutBetweenTheLastSlotAndTheAnswer() {
        assertThat(PromptTemplate.of("Text: {{text}}\nLabel: {{answer}}").exemplarEnding())
                .isEqualTo("\nLabel:");
        assertThat(PromptTemplate.of("{{a}} and {{b}} -> {{answer}}").exemplarEnding())
                .isEqualTo(" ->");
        assertThat(PromptTemplate.of("{{text}} {{answer}}").exemplarEnding()).isEmpty();
    }

    @Test
    void itemsIn_ofOtherText_areNone() {
        PromptTemplate template = PromptTemplate.builder("Q{{n}}: {{text}}\nA: {{answer}}")
                .slot("n", new SlotType.Decimal())
                .build();
        for (String text : List.of("", "Q1: x", "Qx: y\nA:", "Q1:  \nA: z", "so Q1: x\nA: y", "Q1: x\n\nA: y")) {
            assertThat(template.itemsIn(text)).as(text).isEmpty();
        }
        assertThat(template.itemsIn("nonsense\n\nQ1: x\nA: y")).containsExactly(Map.of("n", "1", "text", "x"));
        assertThat(PromptTemplate.of("{{text}} {{answer}}").itemsIn("some text"))
                .isEmpty();
    }

    @Test
    void itemsIn_ofRepeatedSlot_isTheSameTwice() {
        PromptTemplate template = PromptTemplate.of("{{a}} and {{a}} -> {{answer}}");
        assertThat(template.itemsIn("x and x -> 1")).containsExactly(Map.of("a", "x"));
        assertThat(template.itemsIn("x and y -> 1")).isEmpty();
    }
}
