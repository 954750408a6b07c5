package dev.argot.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.argot.api.Argot;
import dev.argot.api.ArgotException;
import dev.argot.api.AttentionMap;
import dev.argot.api.AttentionMap.Head;
import dev.argot.api.AttentionMap.Kind;
import dev.argot.api.AttentionMap.Token;
import dev.argot.api.AttentionRequest;
import dev.argot.api.CausalModel;
import dev.argot.api.ContextLengthException;
import dev.argot.api.LoadOptions;
import dev.argot.api.TokenNeighbour;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What can be seen inside a model, on every engine. */
class AttentionTest {
    private static final String TEXT = "Once upon a time, Lily </s> \"saw\" a big red ball.";

    private static CausalModel load(Argot argot, String engine) {
        return argot.load(CausalModel.class, "stories260k", LoadOptions.DEFAULT.withEngine(engine));
    }

    @ParameterizedTest
    @ValueSource(strings = {"pytorch", "reference"})
    void attention_ofADecoder_sumsToOneAndLooksBack(String engine) {
        try (Argot argot = Argot.open();
                CausalModel model = load(argot, engine)) {
            AttentionMap map = model.attention(AttentionRequest.of(TEXT));
            int size = model.tokenizer().encode(TEXT).size();
            assertThat(map.model()).isEqualTo("stories260k");
            assertThat(map.targets()).isEmpty();
            assertThat(map.sources()).hasSize(size);
            assertThat(map.sources().get(0).text()).as("special, in its spelling").isEqualTo("<s>");
            assertThat(String.join("", map.sources().stream().skip(1).map(Token::text).toList()))
                    .isEqualTo(TEXT);
            assertThat(map.heads()).hasSize(5 * 8).allMatch(head -> head.kind() == Kind.SELF);
            assertThat(map.heads())
                    .isSortedAccordingTo((a, b) ->
                            a.layer() != b.layer() ? Integer.compare(a.layer(), b.layer()) : Integer.compare(a.head(), b.head()));
            for (Head head : map.heads()) {
                assertThat(head.weights()).hasDimensions(size, size);
                for (int i = 0; i < size; i++) {
                    double sum = 0;
                    for (int j = 0; j < size; j++) {
                        sum += head.weights()[i][j];
                        if (j > i) {
                            assertThat(head.weights()[i][j]).isZero();
                        }
                    }
                    assertThat(sum).isCloseTo(1, within(1e-5));
                }
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"pytorch", "reference"})
    void attention_ofSomeLayersAndHeads_isThatPartOfAll(String engine) {
        try (Argot argot = Argot.open();
                CausalModel model = load(argot, engine)) {
            AttentionMap all = model.attention(AttentionRequest.of(TEXT));
            AttentionMap some =
                    model.attention(new AttentionRequest(TEXT, Optional.empty(), Set.of(3, 1), Set.of(0, 7)));
            List<Head> wanted = all.heads().stream()
                    .filter(h -> Set.of(1, 3).contains(h.layer()) && Set.of(0, 7).contains(h.head()))
                    .toList();
            assertThat(some.heads()).hasSize(4);
            for (int k = 0; k < wanted.size(); k++) {
                Head head = some.heads().get(k);
                assertThat(head.layer()).isEqualTo(wanted.get(k).layer());
                assertThat(head.head()).isEqualTo(wanted.get(k).head());
                for (int i = 0; i < head.weights().length; i++) {
                    assertThat(head.weights()[i]).containsExactly(wanted.get(k).weights()[i], within(1e-5f));
                }
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"pytorch", "reference"})
    void attention_ofWhatThereIsNot_isRefused(String engine) {
        try (Argot argot = Argot.open();
                CausalModel model = load(argot, engine)) {
            assertThatThrownBy(() -> model.attention(new AttentionRequest(TEXT, Optional.empty(), Set.of(5), Set.of())))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("there is no layer 5: the model has layers 0 to 4");
            assertThatThrownBy(() -> model.attention(new AttentionRequest(TEXT, Optional.empty(), Set.of(), Set.of(-1))))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("there is no head -1: the model has heads 0 to 7");
            assertThatThrownBy(() -> model.attention(new AttentionRequest(TEXT, Optional.of("x"), Set.of(), Set.of())))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("only an encoder-decoder model has a target");
            assertThatThrownBy(() -> model.attention(AttentionRequest.of("word ".repeat(600))))
                    .isInstanceOf(ContextLengthException.class);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"pytorch", "reference"})
    void neighbours_ofAToken_areWordsInOrderWithoutItself(String engine) {
        try (Argot argot = Argot.open();
                CausalModel model = load(argot, engine)) {
            List<TokenNeighbour> near = model.neighbours("happy", 5);
            int own = model.tokenizer().encode("happy").ids()[1];
            assertThat(near).hasSize(5).isSortedAccordingTo((a, b) -> Double.compare(b.cosine(), a.cosine()));
            assertThat(near).allSatisfy(n -> {
                assertThat(n.cosine()).isBetween(-1.0, 1.0);
                assertThat(n.token()).isEqualTo(model.tokenizer().token(n.id()));
                assertThat(model.tokenizer().isSpecial(n.id())).isFalse();
                assertThat(n.id()).isNotEqualTo(own);
            });
            assertThatThrownBy(() -> model.neighbours("", 5)).isInstanceOf(ArgotException.class);
            assertThatThrownBy(() -> model.neighbours("happy", 0)).isInstanceOf(IllegalArgumentException.class);
        }
    }
}
