package dev.argot.api.evaluation;

/** How answers are judged; higher is better, 1 is perfect. Values lie between 0 and 1 unless said otherwise. */
public enum Metric {
    /** The share of items answered with the right label, or with all right labels and no other; of tags, the share of right words. */
    ACCURACY("accuracy"),
    /**
     * The mean over labels of the harmonic mean of precision and recall; over the labels that are right or answered somewhere, a label
     * without hits counting 0, as {@code f1_score(average="macro", zero_division=0)} of scikit-learn.
     */
    MACRO_F1("macro-F1"),
    /** The share of answers equal to the right one, case, punctuation and articles aside (Rajpurkar et al. 2016). */
    EXACT_MATCH("exact match"),
    /** The mean F1 of the tokens (words) shared with the right answer, case, punctuation and articles aside (Rajpurkar et al. 2016). */
    TOKEN_F1("token F1"),
    /**
     * The mean F1 of the longest common subsequence of words with the right answer (ROUGE-L, Lin 2004), with words as for {@link
     * #TOKEN_F1}.
     */
    ROUGE_L("ROUGE-L"),
    /**
     * The harmonic mean of precision and recall of whole entities, all types together: one is right when words and type are exactly those
     * of the reference (Tjong Kim Sang and De Meulder 2003; {@code conlleval}, {@code seqeval} in its default mode).
     */
    ENTITY_F1("entity F1"),
    /** The share of the entities found that are right. */
    ENTITY_PRECISION("entity precision"),
    /** The share of the entities there are that were found. */
    ENTITY_RECALL("entity recall"),
    /** The harmonic mean of precision and recall of all labels of all items, where any number of labels apply. */
    MICRO_F1("micro-F1"),
    /**
     * The correlation of right and answered classes, -1 to 1, 0 for guessing (Matthews 1975; for several classes Gorodkin 2004, as
     * {@code matthews_corrcoef} of scikit-learn).
     */
    MATTHEWS("Matthews correlation"),
    /** The linear correlation of right and answered numbers, -1 to 1; the mean over the outputs. */
    PEARSON("Pearson correlation"),
    /** The correlation of the ranks of right and answered numbers, ties sharing their mean rank, -1 to 1; the mean over the outputs. */
    SPEARMAN("Spearman correlation"),
    /** The share of the numbers' variance that is explained, 1 at most, below 0 if worse than their mean; the mean over the outputs. */
    R_SQUARED("R²");

    private final String label;

    Metric(String label) {
        this.label = label;
    }

    /** The name for a reader, such as {@code "macro-F1"}. */
    public String label() {
        return label;
    }
}
