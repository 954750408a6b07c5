package dev.argot.api.prompt;

/** How a template's parts become what a model reads. */
public enum PromptLayout {
    /** One text, which the model continues. The default, and what a model wants that was only pre-trained. */
    TEXT,
    /** The same text as one message of a user, through the model's chat template; the model answers as assistant. */
    MESSAGE,
    /** A conversation through the model's chat template: the instruction as system message, each exemplar as a message and its answer. */
    TURNS
}
