package dev.argot.core.corpus;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.argot.api.ArgotException;
import dev.argot.api.FileFormatException;
import dev.argot.api.finetuning.AnsweredQuestion;
import dev.argot.api.finetuning.AnsweredQuestion.Answer;
import dev.argot.api.finetuning.LabelledItem;
import dev.argot.api.finetuning.LabelledText;
import dev.argot.api.finetuning.TaggedText;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LabelledFilesTest {
    @TempDir
    @SuppressWarnings("NullAway.Init") // set by JUnit
    private Path folder;

    private <T extends LabelledItem> List<T> read(Class<T> kind, String name, String content) throws IOException {
        Path file = folder.resolve(name);
        Files.writeString(file, content);
        return LabelledFiles.read(kind, file);
    }

    @Test
    void read_labelledTexts_takesEveryForm() throws IOException {
        assertThat(read(
                        LabelledText.class,
                        "a.jsonl",
                        """
                        {"id": "x-1", "text": "one", "label": "tax", "further": {"a": [1, null, true]}}

                        {"sentence": "two \\ud83d\\ude00", "label": 3}
                        {"text": "three", "labels": ["b", "a"]}
                        {"text": "four", "labels": []}
                        {"premise": "five", "hypothesis": "six", "score": 2.5}
                        {"text": "seven", "scores": {"good": 1, "long": 0.25}}
                        """))
                .containsExactly(
                        LabelledText.of("x-1", "one", "tax"),
                        LabelledText.of("a.jsonl:3", "two \ud83d\ude00", "3"),
                        LabelledText.of("a.jsonl:4", "three", Set.of("a", "b")),
                        LabelledText.of("a.jsonl:5", "four", Set.of()),
                        new LabelledText("a.jsonl:6", "five", Optional.of("six"), Map.of("score", 2.5)),
                        new LabelledText("a.jsonl:7", "seven", Optional.empty(), Map.of("good", 1.0, "long", 0.25)));
    }

    @Test
    void read_taggedWords_takesJsonAndColumns() throws IOException {
        var expected = new TaggedText("a.jsonl:1", List.of("Colon", "cancer"), List.of("B-D", "I-D"));
        assertThat(read(TaggedText.class, "a.jsonl", "{\"tokens\":[\"Colon\",\"cancer\"],\"tags\":[\"B-D\",\"I-D\"]}"))
                .containsExactly(expected);
        assertThat(read(TaggedText.class, "a.jsonl", "{\"words\":[\"Colon\",\"cancer\"],\"ner_tags\":[\"B-D\",\"I-D\"]}"))
                .containsExactly(expected);
        assertThat(read(
                        TaggedText.class,
                        "a.conll",
                        "-DOCSTART- -X- O O\n\nEU NNP B-NP B-ORG\nrejects VBZ B-VP O\r\n\n\nPeter\tB-PER\nBlackburn\tI-PER"))
                .containsExactly(
                        new TaggedText("a.conll:3", List.of("EU", "rejects"), List.of("B-ORG", "O")),
                        new TaggedText("a.conll:7", List.of("Peter", "Blackburn"), List.of("B-PER", "I-PER")));
    }

    @Test
    void read_questions_countsCodePoints() throws IOException {
        // the passage begins with a character beyond U+FFFF
        var passage = "\ud83d\ude00 in Rome, Rome";
        var twice = new AnsweredQuestion(
                "q", "where?", passage, List.of(new Answer("Rome", 6), new Answer("Rome", 12)));
        assertThat(read(
                        AnsweredQuestion.class,
                        "a.jsonl",
                        """
                        {"id": "q", "question": "where?", "context": "\\ud83d\\ude00 in Rome, Rome", "answers": {"text": ["Rome", "Rome"], "answer_start": [5, 11]}}
                        {"id": "q", "question": "where?", "passage": "\\ud83d\\ude00 in Rome, Rome", "answers": [{"text": "Rome", "answer_start": 5}, {"text": "Rome", "answer_start": 11}]}
                        {"id": "q", "question": "where?", "context": "\\ud83d\\ude00 in Rome, Rome", "answer": "Rome"}
                        {"id": "q", "question": "where?", "context": "here", "answers": {"text": [], "answer_start": []}}
                        """))
                .containsExactly(
                        twice,
                        twice,
                        new AnsweredQuestion("q", "where?", passage, List.of(new Answer("Rome", 6))),
                        new AnsweredQuestion("q", "where?", "here", List.of()));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            textBlock =
                    """
                    {"text": "a"}; label
                    {"text": "a", "label": 1.5}; label
                    {"text": 3, "label": "a"}; text
                    {"label": "a"}; text
                    {"text": "a", "labels": "b"}; labels
                    {"text": "a", "scores": {"x": "y"}}; scores.x
                    {"text": "a", "label": "b"} 1; more behind it
                    {"text": "a", "label"; line 2
                    [1]; JSON object
                    """)
    void read_malformedText_namesLineAndKey(String line, String named) {
        assertThatThrownBy(() -> read(LabelledText.class, "a.jsonl", "{\"text\":\"x\",\"label\":\"y\"}\n" + line))
                .isInstanceOf(FileFormatException.class)
                .hasMessageContaining("a.jsonl")
                .hasMessageContaining("line 2")
                .hasMessageContaining(named);
    }

    @Test
    void read_otherMalformedFiles_areRefused() {
        assertThatThrownBy(() -> read(TaggedText.class, "a.txt", "word O\nalone\n"))
                .isInstanceOf(FileFormatException.class)
                .hasMessageContaining("line 2")
                .hasMessageContaining("alone");
        assertThatThrownBy(() -> read(TaggedText.class, "a.jsonl", "{\"words\":[\"a\",\"b\"],\"tags\":[\"O\"]}"))
                .isInstanceOf(FileFormatException.class)
                .hasMessageContaining("2 words and 1 tags");
        assertThatThrownBy(() -> read(
                        AnsweredQuestion.class,
                        "a.jsonl",
                        "{\"question\":\"q\",\"context\":\"abc\",\"answers\":{\"text\":[\"b\"],\"answer_start\":[2]}}"))
                .isInstanceOf(FileFormatException.class)
                .hasMessageContaining("'b' at char 2");
        assertThatThrownBy(() -> read(
                        AnsweredQuestion.class,
                        "a.jsonl",
                        "{\"question\":\"q\",\"context\":\"abc\",\"answers\":{\"text\":[\"b\"],\"answer_start\":[99]}}"))
                .isInstanceOf(FileFormatException.class)
                .hasMessageContaining("99");
        assertThatThrownBy(() -> read(LabelledText.class, "a.jsonl", "\n"))
                .isInstanceOf(FileFormatException.class)
                .hasMessageContaining("found none");
        assertThatThrownBy(() -> read(LabelledText.class, "a.csv", "text,label\n"))
                .isInstanceOf(FileFormatException.class)
                .hasMessageContaining("*.jsonl");
        assertThatThrownBy(() -> LabelledFiles.read(LabelledText.class, folder.resolve("none.jsonl")))
                .isInstanceOf(ArgotException.class)
                .hasMessageContaining("none.jsonl");
    }
}
