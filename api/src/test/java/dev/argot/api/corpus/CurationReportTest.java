package dev.argot.api.corpus;

import static org.assertj.core.api.Assertions.assertThat;

import dev.argot.api.corpus.CurationReport.Amount;
import dev.argot.api.corpus.CurationReport.Example;
import dev.argot.api.corpus.CurationReport.Step;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

class CurationReportTest {
    @Test
    void toJson_everything_isThere() {
        var in = new Amount(2, 2_000_000, 4_000_000, OptionalLong.of(7));
        var out = new Amount(1, 500_000, 500_000, OptionalLong.empty());
        var step = new Step(
                "length",
                Map.of("min-words", "3"),
                in,
                out,
                1,
                Map.of("too \"short\"", 1L),
                Map.of(),
                List.of(new Example("x\\y", "too short", "2 words", "tab\t ü \ud83d\ude00\n")),
                "");
        var report = new CurationReport(
                Optional.of("law"),
                in,
                out,
                List.of(step),
                Map.of("s", out),
                Map.of("", out),
                true,
                9,
                Duration.ofSeconds(2));
        String inJson = "{\"documents\":2,\"characters\":2000000,\"bytes\":4000000,\"tokens\":7}";
        String outJson = "{\"documents\":1,\"characters\":500000,\"bytes\":500000}";
        assertThat(report.toJson())
                .isEqualTo("{\"domain\":\"law\",\"in\":" + inJson + ",\"out\":" + outJson
                        + ",\"keptShare\":0.25,\"steps\":["
                        + "{\"name\":\"length\",\"settings\":{\"min-words\":\"3\"},\"in\":" + inJson + ",\"out\":"
                        + outJson
                        + ",\"changed\":1,\"dropped\":{\"too \\\"short\\\"\":1},\"counts\":{},\"examples\":[{\"id\":\"x\\\\y\","
                        + "\"reason\":\"too short\",\"detail\":\"2 words\",\"excerpt\":\"tab\\u0009 ü \\ud83d\\ude00\\n\"}],"
                        + "\"note\":\"\"}],\"sources\":{\"s\":" + outJson + "},\"licences\":{\"\":" + outJson
                        + "},\"seed\":9,\"elapsedSeconds\":2.0,\"megabytesPerSecond\":2.0}");
    }

    @Test
    void keptShare_nothingRead_isZero() {
        var none = new Amount(0, 0, 0, OptionalLong.empty());
        var report = new CurationReport(
                Optional.empty(), none, none, List.of(), Map.of(), Map.of(), false, 1, Duration.ZERO);
        assertThat(report.keptShare()).isZero();
        assertThat(report.megabytesPerSecond()).isZero();
    }
}
