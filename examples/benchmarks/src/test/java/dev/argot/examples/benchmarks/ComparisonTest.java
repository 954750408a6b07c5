package dev.argot.examples.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import org.junit.jupiter.api.Test;

class ComparisonTest {
    private static final String JAVA = ProcessHandle.current().info().command().orElse("java");

    private static Program printing(String label, String... lines) {
        var command = new ArrayList<String>(List.of(
                JAVA,
                "-XX:TieredStopAtLevel=1",
                "-cp",
                System.getProperty("java.class.path")
                        + java.io.File.pathSeparator
                        + System.getProperty("jdk.module.path", ""),
                Echo.class.getName()));
        command.addAll(List.of(lines));
        return new Program(label, command, "ignored");
    }

    @Test
    void measure_higherIsBetter_dividesByPeer() throws Exception {
        // GIVEN
        var ours = printing("Argot", "result rate 30", "noise", "result peak_resident_mb 70", "result cores_used 1.9");
        var theirs = printing("peer", "result rate 20", "result peak_resident_mb 100");
        var log = new ArrayList<String>();

        // WHEN
        String line = new Comparison("work", "rate", "tokens/s", true, ours, theirs, new Goal.TimesPeer(1.5))
                .measure(2, log::add);

        // THEN
        assertThat(line)
                .isEqualTo("| work | 30.0 (30.0–30.0) tokens/s | peer: 20.0 (20.0–20.0) | 1.50 × | ≥ 1.50 ×, met"
                        + " | 70 | 100 | 0.70 × | 1.9 |");
        assertThat(log).hasSize(2);
    }

    @Test
    void measure_lowerIsBetter_dividesPeer() throws Exception {
        // GIVEN
        var ours = printing("Argot", "result time 2");
        var theirs = printing("peer", "result time 3");

        // WHEN
        String line =
                new Comparison("work", "time", "s", false, ours, theirs, new Goal.AtMost(1.5)).measure(1, text -> {});

        // THEN
        assertThat(line).contains("| 2.00 s |", "| 1.50 × |", "≤ 1.5, missed");
    }

    @Test
    void measure_figureMissing_namesProgramAndFigure() {
        // GIVEN
        var program = printing("peer", "result other 1");

        // THEN
        assertThatThrownBy(() -> new Comparison("work", "rate", "s", true, program, program, new Goal.None())
                        .measure(1, text -> {}))
                .isInstanceOf(IOException.class)
                .hasMessage("peer printed no figure 'rate', only [other]");
    }

    @Test
    void run_programFails_showsItsOutput() {
        // GIVEN
        var program = printing("peer", "something broke", "exit 3");

        // THEN
        assertThatThrownBy(program::run)
                .isInstanceOf(IOException.class)
                .hasMessageStartingWith("peer ended with status 3: ")
                .hasMessageContaining("something broke");
    }

    @Test
    void run_tokenLine_isTimed() throws Exception {
        // WHEN
        var figures = printing("peer", "token Paris").run();

        // THEN
        assertThat(figures).containsOnlyKeys(Program.FIRST_TOKEN);
        assertThat(figures.get(Program.FIRST_TOKEN)).isPositive();
    }

    @Test
    void read_otherLines_areNoFigures() {
        // GIVEN
        var figures = new LinkedHashMap<String, Double>();

        // WHEN
        Program.read("result rate 12.5", figures);
        Program.read("result rate", figures);
        Program.read("no result here", figures);

        // THEN
        assertThat(figures).containsExactly(java.util.Map.entry("rate", 12.5));
    }

    @Test
    void median_evenCount_isMeanOfTheMiddle() {
        assertThat(Report.median(4, 1, 2, 100)).isEqualTo(3);
        assertThat(Report.median(5, 1, 2)).isEqualTo(2);
    }

    /** Prints its arguments, one a line; {@code exit N} ends with that status. */
    static final class Echo {
        private Echo() {}

        public static void main(String[] lines) {
            for (String line : lines) {
                if (line.startsWith("exit ")) {
                    System.exit(Integer.parseInt(line.substring(5)));
                }
                System.out.println(line);
            }
        }
    }
}
