package dev.argot.api.evaluation;

/** Is told how far an evaluation is: at the start of each part, and after each document or batch of items; on the calling thread. */
@FunctionalInterface
public interface EvaluationListener {
    /** Takes no notice. */
    EvaluationListener NONE = progress -> {};

    /**
     * Something was done.
     *
     * @param progress how far it is
     */
    void progress(EvaluationProgress progress);
}
