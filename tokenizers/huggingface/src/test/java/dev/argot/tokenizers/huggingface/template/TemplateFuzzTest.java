package dev.argot.tokenizers.huggingface.template;

import com.code_intelligence.jazzer.api.FuzzedDataProvider;
import com.code_intelligence.jazzer.junit.FuzzTest;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;

/**
 * Whatever stands in a chat template, it is refused with a {@link TemplateException}, or writes a text of which all that comes from messages
 * is known; in bounded time and memory.
 */
class TemplateFuzzTest {
    private static final JinjaTemplate.Limits LIMITS = new JinjaTemplate.Limits(20_000, 1 << 18);
    private static final Clock CLOCK = Clock.fixed(Instant.EPOCH, ZoneOffset.UTC);
    /** Stands in no template. */
    private static final String OUTSIDE = "\u2603";

    @FuzzTest(maxDuration = "60s")
    void render_anyTemplate_endsInATextOrATemplateException(FuzzedDataProvider data) {
        String source = data.consumeRemainingAsString();
        Map<String, Object> user = Map.of("role", "user", "content", OUTSIDE + " hi " + OUTSIDE, "n", 3, "x", 1.5);
        Map<String, Object> assistant = Map.of("role", "assistant", "content", OUTSIDE, "tool_calls", List.of(user));
        try {
            JinjaTemplate.Rendering rendering = JinjaTemplate.parse(source, LIMITS)
                    .render(
                            Map.of("messages", List.of(user, assistant), "add_generation_prompt", true),
                            Map.of("bos_token", "<s>"),
                            CLOCK);
            String text = rendering.text();
            for (int at = text.indexOf(OUTSIDE); at >= 0; at = text.indexOf(OUTSIDE, at + 1)) {
                if (!rendering.foreign().get(at) && !source.contains(OUTSIDE) && !source.contains("\\")) {
                    throw new AssertionError("what a message says counts as the template's own, at " + at);
                }
            }
        } catch (TemplateException e) {
            if (e.getMessage() == null) {
                throw new AssertionError("an exception without a message", e);
            }
        }
    }
}
