package dev.argot.api.prompt;

import dev.argot.api.retrieval.Passage;
import java.util.List;

/**
 * A prompt as the model reads it, and what was left out of it.
 *
 * @param text the text, control tokens of a chat template in their own spelling
 * @param ids its token ids, to be given to the model as they are; empty for a model whose encoder reads the text
 * @param exemplars the exemplars shown, in order
 * @param passages the retrieved passages shown, in order: number {@code i} is cited as {@code [i + 1]}
 * @param dropped what was left out for want of room; empty where everything fits
 */
@SuppressWarnings("ArrayRecordComponent") // handed over, not a value
public record RenderedPrompt(
        String text, int[] ids, List<Example> exemplars, List<Passage> passages, List<Dropped> dropped) {
    /** Copies the lists. */
    public RenderedPrompt {
        exemplars = List.copyOf(exemplars);
        passages = List.copyOf(passages);
        dropped = List.copyOf(dropped);
    }

    /**
     * Something that was left out.
     *
     * @param what which part
     * @param name the exemplar's or the passage's id, or the shortened slot
     * @param chars characters left out
     */
    public record Dropped(GiveWay what, String name, int chars) {}
}
