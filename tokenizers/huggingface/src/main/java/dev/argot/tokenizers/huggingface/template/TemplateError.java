package dev.argot.tokenizers.huggingface.template;

/** Something in a template that cannot be done. The template's name and the line are added where it leaves this package. */
final class TemplateError extends RuntimeException {
    private static final long serialVersionUID = 1;

    private final boolean raised;

    TemplateError(String message) {
        this(message, false);
    }

    private TemplateError(String message, boolean raised) {
        super(message);
        this.raised = raised;
    }

    /** What a template says with {@code raise_exception}. */
    static TemplateError raised(String message) {
        return new TemplateError(message, true);
    }

    /** Whether the template itself refuses. */
    boolean isRaised() {
        return raised;
    }
}
