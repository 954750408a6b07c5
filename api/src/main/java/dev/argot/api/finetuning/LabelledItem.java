package dev.argot.api.finetuning;

/** Something with the right answer, to learn from or to measure with. Its texts are untrusted. */
public sealed interface LabelledItem permits LabelledText, TaggedText, AnsweredQuestion {
    /** Names the item in messages and results, such as {@code "train.jsonl:12"}. */
    String id();
}
