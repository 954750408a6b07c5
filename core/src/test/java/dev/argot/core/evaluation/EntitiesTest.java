package dev.argot.core.evaluation;

import static org.assertj.core.api.Assertions.assertThat;

import dev.argot.core.evaluation.Entities.Entity;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Test;

class EntitiesTest {
    /** Pairs of positions between which an entity of one type ends, by the table of {@code conlleval}. */
    private static final Set<String> ENDS = Set.of("BB", "BS", "BO", "IB", "IS", "IO");

    /** … and begins. */
    private static final Set<String> STARTS = Set.of("EE", "EI", "SE", "SI", "OE", "OI");

    @Test
    void of_insideAfterOutside_startsAnEntity() {
        assertThat(Entities.of(List.of("O", "I-A", "I-A", "B-A", "I-B", "O")))
                .containsExactly(new Entity("A", 1, 3), new Entity("A", 3, 4), new Entity("B", 4, 5));
        assertThat(Entities.of(List.of("B-A", "E-A", "S-A", "I-A")))
                .containsExactly(new Entity("A", 0, 2), new Entity("A", 2, 3), new Entity("A", 3, 4));
        assertThat(Entities.of(List.of())).isEmpty();
    }

    @RepeatedTest(200)
    void of_randomTags_equalsTheTable(RepetitionInfo info) {
        long seed = info.getCurrentRepetition();
        var random = new Random(seed);
        var tags = new ArrayList<String>();
        for (int i = random.nextInt(12); i > 0; i--) {
            char position = "OBIES".charAt(random.nextInt(5));
            tags.add(position == 'O' ? "O" : position + (random.nextBoolean() ? "-A" : "-B"));
        }
        assertThat(Entities.of(tags)).as("seed %d: %s", seed, tags).isEqualTo(byTheTable(tags));
    }

    /** Goes over all boundaries and asks the table whether one ends and whether one begins there. */
    private static List<Entity> byTheTable(List<String> tags) {
        var entities = new ArrayList<Entity>();
        var all = new ArrayList<>(tags);
        all.add("O");
        String before = "O";
        int begin = 0;
        for (int i = 0; i < all.size(); i++) {
            String tag = all.get(i);
            String pair = "" + before.charAt(0) + tag.charAt(0);
            boolean otherType = !before.substring(1).equals(tag.substring(1));
            boolean ends = before.charAt(0) != 'O'
                    && (ENDS.contains(pair) || before.charAt(0) == 'E' || before.charAt(0) == 'S' || otherType);
            boolean starts = tag.charAt(0) != 'O'
                    && (STARTS.contains(pair) || tag.charAt(0) == 'B' || tag.charAt(0) == 'S' || otherType);
            if (ends) {
                entities.add(new Entity(before.substring(2), begin, i));
            }
            if (starts) {
                begin = i;
            }
            before = tag;
        }
        return entities;
    }
}
