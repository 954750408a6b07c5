package dev.argot.core.prompt;

import com.code_intelligence.jazzer.api.FuzzedDataProvider;
import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.argot.api.ArgotException;
import dev.argot.api.prompt.Example;
import dev.argot.api.prompt.PromptTemplate;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Whatever stands in a template's file, it is refused with a message, or lays out what the slots are filled with. */
class PromptTemplateFuzzTest {
    private static final String VALUE = "{{answer}} \u2603";

    @FuzzTest(maxDuration = "60s")
    void parse_anyFile_isRefusedOrRenders(FuzzedDataProvider data) {
        try {
            PromptTemplate template = PromptTemplate.parse(data.consumeRemainingAsString());
            Map<String, String> inputs = new LinkedHashMap<>();
            template.slots().forEach(slot -> inputs.put(slot, VALUE));
            String prompt = template.render(List.of(new Example("one", inputs, "yes")), inputs);
            if (!template.slots().isEmpty() && !prompt.contains(VALUE)) {
                throw new AssertionError("a slot is not filled as it is: " + prompt);
            }
        } catch (ArgotException | IllegalArgumentException e) {
            if (e.getMessage() == null) {
                throw new AssertionError("an exception without a message", e);
            }
        }
    }
}
