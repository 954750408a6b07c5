package dev.argot.core.corpus;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CoderResult;
import java.nio.charset.StandardCharsets;
import java.util.Random;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;

/** Agrees with the decoder of the platform. */
class Utf8Test {
    @RepeatedTest(300)
    void malformedAt_randomBytes_isWhereTheDecoderStops(RepetitionInfo info) {
        var random = new Random(info.getCurrentRepetition());
        byte[] bytes = "plain text, naïve — 漢字 😀 and more of it "
                .repeat(1 + random.nextInt(4))
                .getBytes(StandardCharsets.UTF_8);
        for (int i = random.nextInt(3); i > 0; i--) {
            bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(256);
        }
        int to = bytes.length - random.nextInt(4);

        var in = ByteBuffer.wrap(bytes, 0, to);
        CoderResult result = StandardCharsets.UTF_8.newDecoder().decode(in, CharBuffer.allocate(bytes.length), true);
        int expected = result.isError() ? in.position() : -1;

        assertThat(Utf8.malformedAt(bytes, 0, to))
                .as("seed %d", info.getCurrentRepetition())
                .isEqualTo(expected);
    }

    @RepeatedTest(50)
    void length_randomText_isThatOfItsBytes(RepetitionInfo info) {
        var random = new Random(info.getCurrentRepetition());
        var text = new StringBuilder();
        for (int i = 0; i < 40; i++) {
            int point = random.nextInt(Character.MAX_CODE_POINT >> random.nextInt(16));
            text.appendCodePoint(point >= Character.MIN_SURROGATE && point <= Character.MAX_SURROGATE ? 'a' : point);
        }
        assertThat(Utf8.length(text.toString()))
                .as("seed %d", info.getCurrentRepetition())
                .isEqualTo(text.toString().getBytes(StandardCharsets.UTF_8).length);
    }
}
