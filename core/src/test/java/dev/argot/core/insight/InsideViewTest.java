package dev.argot.core.insight;

import static org.assertj.core.api.Assertions.assertThat;

import dev.argot.api.TokenCandidate;
import dev.argot.api.TokenNeighbour;
import dev.argot.api.adaptation.AdaptationReport.Insight;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class InsideViewTest {
    @Test
    void frequent_countsTheLongestTermWhateverItsCase() {
        List<String> terms = List.of("heart", "heart failure", "sodium", "mg", "res  judicata", "absent");
        List<String> documents =
                List.of("Heart failure! Sodium; heart-failure, SODIUM and sodium.", "A heart. 40 mg mg mg mg", "");
        assertThat(InsideView.frequent(terms, documents)).containsExactly("sodium", "heart failure", "heart");
    }

    @Test
    void frequent_ofMany_areTheEightThatOccurMost() {
        List<String> terms = IntStream.range(0, 20).mapToObj(i -> "term" + i).toList();
        List<String> documents =
                IntStream.range(0, 20).mapToObj(i -> ("term" + i + " ").repeat(i + 1)).toList();
        assertThat(InsideView.frequent(terms, documents))
                .containsExactly("term19", "term18", "term17", "term16", "term15", "term14", "term13", "term12");
    }

    @Test
    void frequent_termOfNothing_isNeverFound() {
        assertThat(InsideView.frequent(List.of("---", "+++"), List.of("--- +++ ---"))).isEmpty();
    }

    @Test
    void changed_pairsWhatBelongsTogether() {
        var one = new TokenNeighbour(1, "a", 0.5);
        var two = new TokenNeighbour(2, "b", 0.6);
        var next = new TokenCandidate(3, "c", "c", 0.7);
        var before = new InsideView(Map.of("x", List.of(one)), Map.of("text", List.of(next)));
        var after = new InsideView(Map.of("x", List.of(two)), Map.of("text", List.of()));
        assertThat(InsideView.changed(before, after))
                .contains(new Insight(
                        List.of(new Insight.TermNeighbours("x", List.of(one), List.of(two))),
                        List.of(new Insight.NextTokens("text", List.of(next), List.of()))));
        assertThat(InsideView.changed(new InsideView(Map.of(), Map.of()), after)).isEmpty();
    }
}
