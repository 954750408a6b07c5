package dev.argot.api.evaluation;

/** How answers are judged; each between 0 and 1, higher is better. */
public enum Metric {
    /** The share of items answered with the right label. */
    ACCURACY("accuracy"),
    /**
     * The mean over labels of the harmonic mean of precision and recall; over the labels that are right or answered somewhere, a label
     * without hits counting 0, as {@code f1_score(average="macro", zero_division=0)} of scikit-learn.
     */
    MACRO_F1("macro-F1"),
    /** The share of answers equal to the right one, case, punctuation and articles aside (Rajpurkar et al. 2016). */
    EXACT_MATCH("exact match"),
    /** The mean F1 of the tokens (words) shared with the right answer, case, punctuation and articles aside (Rajpurkar et al. 2016). */
    TOKEN_F1("token F1");

    private final String label;

    Metric(String label) {
        this.label = label;
    }

    /** The name for a reader, such as {@code "macro-F1"}. */
    public String label() {
        return label;
    }
}
