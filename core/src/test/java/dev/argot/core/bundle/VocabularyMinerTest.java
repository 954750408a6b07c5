package dev.argot.core.bundle;

import static org.assertj.core.api.Assertions.assertThat;

import dev.argot.api.EncodeOptions;
import dev.argot.api.Encoding;
import dev.argot.api.Term;
import dev.argot.api.Tokenizer;
import dev.argot.core.bundle.VocabularyMiner.Candidate;
import dev.argot.core.decoding.PieceTokenizer;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class VocabularyMinerTest {
    /** Every letter is a token. */
    private static final Tokenizer LETTERS = new PieceTokenizer(" G abcdefghijklmnopqrstuvwxyz".split(""));

    private static int pieces(String word) {
        Encoding encoding = LETTERS.encode(" " + word, new EncodeOptions(false, false, Optional.empty()));
        return encoding.size();
    }

    @Test
    void candidates_orderedByTokensSaved_domainFirst() {
        var miner = new VocabularyMiner(LETTERS, List.of(new Term("acute gout", "disease", Optional.empty(), "test")));
        for (int i = 0; i < 5; i++) {
            miner.add("the gout, acutely: Gout gouty abcdefgh rare9 (unseen) don't");
            miner.add(" abcdefgh ijkl");
        }
        miner.add(" seldom seldom seldom seldom");

        List<Candidate> candidates = miner.candidates(10);

        assertThat(candidates)
                .containsExactly(
                        new Candidate("Gout", pieces("Gout"), 5, true),
                        new Candidate("gout", pieces("gout"), 5, true),
                        new Candidate("abcdefgh", pieces("abcdefgh"), 10, false),
                        new Candidate("acutely", pieces("acutely"), 5, false),
                        new Candidate("gouty", pieces("gouty"), 5, false),
                        new Candidate("ijkl", pieces("ijkl"), 5, false),
                        new Candidate("rare", pieces("rare"), 5, false));
        assertThat(miner.candidates(3)).isEqualTo(candidates.subList(0, 3));
    }
}
