package dev.argot.core.prompt;

import dev.argot.api.EncodeOptions;
import dev.argot.api.GenerativeModel;
import dev.argot.api.chat.ChatMessage;
import dev.argot.api.chat.ChatOptions;
import dev.argot.api.prompt.PromptLayout;
import dev.argot.api.prompt.PromptSpec;
import dev.argot.api.prompt.RenderedPrompt;
import java.util.List;
import java.util.Map;

/** Stand-in. */
final class PromptRenderer {
    private final GenerativeModel model;
    private final PromptSpec spec;
    private final ExemplarSelector selector;

    PromptRenderer(GenerativeModel model, PromptSpec spec, ExemplarSelector selector) {
        this.model = model;
        this.spec = spec;
        this.selector = selector;
    }

    RenderedPrompt render(Map<String, String> inputs, List<String> options) {
        var exemplars = selector.select(inputs, spec.shots());
        String text = spec.template().render(exemplars, inputs);
        if (spec.settings().layout() == PromptLayout.TEXT) {
            return new RenderedPrompt(
                    text, model.tokenizer().encode(text, EncodeOptions.DEFAULT).ids(), exemplars, List.of(), List.of());
        }
        var chat = model.tokenizer()
                .chatTemplate()
                .orElseThrow()
                .render(List.of(ChatMessage.user(text)), ChatOptions.DEFAULT);
        return new RenderedPrompt(chat.text(), chat.ids(), exemplars, List.of(), List.of());
    }
}
