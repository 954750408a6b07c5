package dev.argot.core.corpus;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.argot.api.ArgotException;
import dev.argot.api.Document;
import dev.argot.api.FileFormatException;
import dev.argot.api.corpus.CorpusSource;
import dev.argot.api.corpus.CorpusSource.Layout;
import dev.argot.spi.CorpusReaderProvider;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.IntUnaryOperator;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class CorporaTest {
    private static final List<CorpusReaderProvider> READERS =
            List.of(new JsonLinesReader(), new ParagraphsReader(), new PlainTextReader());
    private static final Layout PARAGRAPHS = new Layout.Paragraphs();

    @TempDir
    @SuppressWarnings("NullAway.Init") // set by JUnit
    private Path folder;

    static Corpora corpora() {
        return new Corpora(
                name -> READERS.stream()
                        .filter(reader -> reader.name().equals(name))
                        .findFirst()
                        .orElseThrow(),
                READERS);
    }

    private static List<Document> read(CorpusSource source) {
        try (Stream<Document> documents = corpora().open(source)) {
            return documents.toList();
        }
    }

    private static CorpusSource source(Object... paths) {
        return new CorpusSource(Arrays.stream(paths).map(Object::toString).toList(), Layout.BY_NAME, "", "");
    }

    private Path write(String name, String text) throws IOException {
        return write(name, text.getBytes(StandardCharsets.UTF_8));
    }

    private Path write(String name, byte[] bytes) throws IOException {
        Path file = folder.resolve(name);
        Files.createDirectories(file.getParent());
        return Files.write(file, bytes);
    }

    private static byte[] gzip(String text) throws IOException {
        var bytes = new ByteArrayOutputStream();
        try (var out = new GZIPOutputStream(bytes)) {
            out.write(text.getBytes(StandardCharsets.UTF_8));
        }
        return bytes.toByteArray();
    }

    private static String ids(List<Document> documents) {
        return documents.stream().map(Document::id).collect(Collectors.joining(" "));
    }

    @Test
    void open_plainFile_isOneDocumentWithoutTheByteOrderMark() throws IOException {
        Path file = write("a.txt", "\ufeffnaïve\r\n\r\ntext 😀\n");
        assertThat(read(source(file))).containsExactly(new Document("a.txt", "naïve\r\n\r\ntext 😀\n", "a.txt", ""));
    }

    @Test
    void open_sourceAndLicence_areThoseOfTheDocuments() throws IOException {
        Path file = write("a.txt", "text");
        var source = new CorpusSource(List.of(file.toString()), Layout.BY_NAME, "Letters 2024", "CC0-1.0");
        assertThat(read(source)).containsExactly(new Document("a.txt", "text", "Letters 2024", "CC0-1.0"));
    }

    @Test
    void open_paragraphs_areNamedByTheirFirstLine() throws IOException {
        Path file = write("a.txt", "\n \nfirst\r\nline two\r\n\t\r\n\u3000\nsecond\n\n\nthird");
        List<Document> documents = read(source(file).as(PARAGRAPHS));
        assertThat(ids(documents)).isEqualTo("a.txt:3 a.txt:7 a.txt:10");
        assertThat(documents).extracting(Document::text).containsExactly("first\nline two", "second", "third");
    }

    @Test
    void open_folder_readsFilesByNameInOrderAndPassesHiddenOnesOver() throws IOException {
        write("texts/b.txt", "b");
        write(
                "texts/a/z.jsonl",
                "{\"text\":\"z\"}\n\n{\"id\":7,\"text\":\"y\",\"source\":\"s\",\"licence\":\"MIT\"}\n");
        write("texts/a/blank.txt", " \n");
        write("texts/.hidden/c.txt", "c");
        write("texts/.d.txt", "d");
        write("texts/e.txt.gz", gzip("e"));
        List<Document> documents = read(source(folder.resolve("texts")));
        assertThat(documents)
                .containsExactly(
                        new Document("texts/a/z.jsonl:1", "z", "texts/a/z.jsonl", ""),
                        new Document("7", "y", "s", "MIT"),
                        new Document("texts/b.txt", "b", "texts/b.txt", ""),
                        new Document("texts/e.txt.gz", "e", "texts/e.txt.gz", ""));
    }

    @Test
    void open_hiddenFileNamedItself_isRead() throws IOException {
        assertThat(ids(read(source(write(".a.txt", "a"))))).isEqualTo(".a.txt");
    }

    @Test
    void open_links_followsThoseToFilesOnly() throws IOException {
        write("elsewhere/a.txt", "a");
        Files.createDirectories(folder.resolve("texts"));
        Files.createSymbolicLink(folder.resolve("texts/file.txt"), folder.resolve("elsewhere/a.txt"));
        Files.createSymbolicLink(folder.resolve("texts/folder"), folder.resolve("elsewhere"));
        Files.createSymbolicLink(folder.resolve("texts/loop"), folder.resolve("texts"));
        assertThat(ids(read(source(folder.resolve("texts"))))).isEqualTo("texts/file.txt");
    }

    @Test
    void open_globs_matchWithinOneFolderOrAcross() throws IOException {
        write("texts/a.txt", "a");
        write("texts/b.md", "b");
        write("texts/deep/c.txt", "c");
        assertThat(ids(read(source(folder + "/texts/*.txt")))).isEqualTo("texts/a.txt");
        assertThat(ids(read(source(folder + "/texts/**.txt")))).isEqualTo("texts/a.txt texts/deep/c.txt");
        assertThat(ids(read(source(folder + "/texts/{a,b}.*")))).isEqualTo("texts/a.txt texts/b.md");
    }

    @Test
    void open_severalPathsToAFile_readItOnce() throws IOException {
        Path file = write("texts/a.txt", "a");
        write("texts/b.txt", "b");
        assertThat(ids(read(source(file, folder.resolve("texts"), folder + "/texts/*"))))
                .isEqualTo("a.txt texts/b.txt");
    }

    @Test
    void open_curatedFolder_readsItsDocumentsAlone() throws IOException {
        write("kept/documents.jsonl", "{\"text\":\"a\",\"id\":\"x\"}");
        write("kept/manifest.jsonl", "{}");
        write("kept/curation.json", "{}");
        assertThat(ids(read(source(folder.resolve("kept"))))).isEqualTo("x");
    }

    @Test
    void open_gzipOfSeveralMembersAndAnyName_isReadToTheEnd() throws IOException {
        var bytes = new ByteArrayOutputStream();
        bytes.write(gzip("first\n\n"));
        bytes.write(gzip("second"));
        Path file = write("a.text", bytes.toByteArray());
        assertThat(read(source(file).as(PARAGRAPHS))).extracting(Document::text).containsExactly("first", "second");
    }

    @ParameterizedTest
    @ValueSource(strings = {"missing.txt", "nowhere/*.txt", "*.none"})
    void open_nothingThere_saysWhatWasExpected(String path) {
        assertThatThrownBy(() -> read(source(folder + "/" + path)))
                .isInstanceOf(ArgotException.class)
                .hasMessageContaining(path.substring(0, 3))
                .hasMessageContaining("expected");
    }

    @ParameterizedTest
    @CsvSource({"text, 70006", "paragraphs, 70006", "jsonl, 70006"})
    void open_malformedUtf8_namesFileAndOffset(String layout, int offset) throws IOException {
        byte[] bytes = ("x".repeat(70_000) + "\nabcd").getBytes(StandardCharsets.UTF_8);
        bytes = Arrays.copyOf(bytes, bytes.length + 2);
        bytes[70_006 - 1] = ' ';
        bytes[70_006] = (byte) 0xff;
        if (layout.equals("jsonl")) {
            Arrays.fill(bytes, 0, 70_000, (byte) ' ');
        }
        Path file = write("a.bin", bytes);
        assertThatThrownBy(() -> read(source(file).as(new Layout.Named(layout, Map.of()))))
                .isInstanceOf(FileFormatException.class)
                .hasMessageStartingWith(file + ": byte offset " + offset + ": expected UTF-8, found the byte 0xff");
    }

    @Test
    void open_gzipCutOff_namesFileAndOffset() throws IOException {
        byte[] whole = gzip(randomText(200_000));
        Path file = write("a.txt.gz", Arrays.copyOf(whole, whole.length / 2));
        assertThatThrownBy(() -> read(source(file)))
                .isInstanceOf(FileFormatException.class)
                .hasMessageMatching(
                        "(?s).*a\\.txt\\.gz: byte offset [1-9]\\d+ of the decompressed text: expected gzip.*");
    }

    @Test
    void open_gzipDamaged_isAnErrorOfTheFormat() throws IOException {
        byte[] bytes = gzip(randomText(1000));
        bytes[bytes.length - 6] ^= 1; // the checksum
        Path file = write("a.txt", bytes);
        assertThatThrownBy(() -> read(source(file)))
                .isInstanceOf(FileFormatException.class)
                .hasMessageContaining("expected gzip data");
    }

    @Test
    void open_gzipInNameOnly_isAnErrorOfTheFormat() throws IOException {
        Path file = write("a.txt.gz", "plain");
        assertThatThrownBy(() -> read(source(file)))
                .isInstanceOf(FileFormatException.class)
                .hasMessageContaining("a.txt.gz: byte offset 0: expected gzip data (1f 8b), found 70");
    }

    private static String randomText(int length) {
        var random = new Random(1);
        var text = new StringBuilder();
        for (int i = 0; i < length; i++) {
            text.append((char) ('a' + random.nextInt(26)));
        }
        return text.toString();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            quoteCharacter = '`',
            value = {
                "{\"text\":\"a\"; found the end of the line",
                "[1]; expected a JSON object, found a list",
                "7; expected a JSON object, found a number",
                "{\"text\":7}; key 'text': expected a string, found a number",
                "{\"text\":null}; key 'text': expected a string, found null",
                "{\"body\":\"a\"}; expected the key 'text', found none",
                "{\"text\":\"a\"} {}; found more behind it",
                "{\"text\":\"\\ud83d\"}; found half of a surrogate pair, \\ud83d",
                "{\"text\":\"a\",\"id\":{}}; key 'id': expected a string or a number, found an object",
                "{'text':1}; expected a JSON object, found at column 2"
            })
    void open_malformedJson_namesFileLineAndOffset(String line, String problem) throws IOException {
        Path file = write("a.jsonl", "{\"text\":\"ä\"}\n" + line + "\n");
        assertThatThrownBy(() -> read(source(file)))
                .isInstanceOf(FileFormatException.class)
                .hasMessageStartingWith(file + ": line 2 (byte offset 14): ")
                .hasMessageContaining(problem);
    }

    @Test
    void open_jsonWithOtherKeys_takesThem() throws IOException {
        Path file = write("a.jsonl", "{\"body\":\"b\",\"key\":\"k\",\"url\":\"u\",\"rights\":null,\"text\":[1]}");
        assertThat(read(source(file).as(new Layout.JsonLines("body", "key", "url", "rights"))))
                .containsExactly(new Document("k", "b", "u", ""));
    }

    @Test
    void open_unknownSetting_saysWhatThereIs() throws IOException {
        Path file = write("a.jsonl", "{}");
        assertThatThrownBy(() -> read(source(file).as(new Layout.Named("jsonl", Map.of("txt", "body")))))
                .hasMessageContaining("expected the settings [id, licence, source, text], found 'txt'");
    }

    /** Reads no further than it must: from an endless file, the first documents come. */
    @ParameterizedTest
    @ValueSource(strings = {"jsonl", "paragraphs"})
    void read_endlessFile_givesItsDocumentsAsTheyCome(String reader) {
        String unit = reader.equals("jsonl") ? "{\"text\":\"abc\"}\n" : "abc\n\n";
        var endless = new Endless(i -> unit.charAt(i % unit.length()));
        Iterator<Document> documents = READERS.stream()
                .filter(r -> r.name().equals(reader))
                .findFirst()
                .orElseThrow()
                .read(new CorpusReaderProvider.Request(Path.of("f"), "f", endless, Map.of(), "s", ""));
        for (int i = 0; i < 100_000; i++) {
            assertThat(documents.next().text()).isEqualTo("abc");
        }
        assertThat(endless.position).isLessThan(100_000 * unit.length() + (1 << 20));
    }

    @SuppressWarnings("InputStreamSlowMultibyteRead") // speed does not matter here
    private static final class Endless extends InputStream {
        private final IntUnaryOperator content;
        private int position;

        Endless(IntUnaryOperator content) {
            this.content = content;
        }

        @Override
        public int read() {
            return content.applyAsInt(position++) & 0xff;
        }
    }

    /** Whatever stands in the lines, it is documents or an error that names the file and the place. */
    @RepeatedTest(400)
    void open_damagedJsonLines_endsInDocumentsOrAFormatError(RepetitionInfo info) throws IOException {
        var random = new Random(info.getCurrentRepetition());
        byte[] bytes =
                ("{\"id\":\"é1\",\"text\":\"some \\u00e9 text \\n \ud83d\ude00\",\"more\":{\"a\":[1,2.5e3,true,null]}}\n"
                                + "{\"text\":\"second\",\"source\":\"s\"}\r\n\n")
                        .repeat(1 + random.nextInt(3))
                        .getBytes(StandardCharsets.UTF_8);
        for (int i = random.nextInt(6); i > 0; i--) {
            bytes[random.nextInt(bytes.length)] = random.nextBoolean()
                    ? (byte) random.nextInt(256)
                    : (byte) "{}[]\":,\\u0\n".charAt(random.nextInt(11));
        }
        Path file = write("a.jsonl", Arrays.copyOf(bytes, bytes.length - random.nextInt(10)));
        String problem = "";
        List<Document> documents = List.of();
        try {
            documents = read(source(file));
        } catch (FileFormatException e) {
            problem = String.valueOf(e.getMessage());
        }
        assertThat(problem.isEmpty() || (problem.startsWith(file + ": ") && problem.contains("offset")))
                .as("seed %d: %s %s", info.getCurrentRepetition(), documents, problem)
                .isTrue();
    }
}
