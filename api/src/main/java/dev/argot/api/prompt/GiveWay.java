package dev.argot.api.prompt;

/** What may be left out of a prompt that does not fit into the context together with its answer. */
public enum GiveWay {
    /** Exemplars, those shown first go first. */
    EXEMPLARS,
    /** Retrieved passages, the least relevant first. */
    PASSAGES,
    /** The end of the item's longest input of type {@link SlotType.Text}, at the ends of sentences; where one sentence is too long, of words. */
    INPUT
}
