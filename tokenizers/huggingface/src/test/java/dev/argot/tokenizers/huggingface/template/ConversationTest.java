package dev.argot.tokenizers.huggingface.template;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.argot.api.CausalModel;
import dev.argot.api.Completion;
import dev.argot.api.CompletionRequest;
import dev.argot.api.ContextLengthException;
import dev.argot.api.Decoding;
import dev.argot.api.ModelDescription;
import dev.argot.api.Tokenizer;
import dev.argot.api.chat.ChatMessage;
import dev.argot.api.chat.ChatOptions;
import dev.argot.api.chat.Conversation;
import dev.argot.spi.TokenizerData;
import dev.argot.tokenizers.huggingface.HuggingFaceTokenizerProvider;
import java.lang.reflect.Proxy;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** A conversation with a model that always answers "Yes.", and remembers its prompts. */
class ConversationTest {
    private static final Decoding DECODING = Decoding.builder().maxTokens(20).build();

    private final Tokenizer tokenizer = new HuggingFaceTokenizerProvider()
            .open(new TokenizerData.Folder(
                    Path.of(System.getProperty("argot.golden")).resolve("tokenizer-bpe-gpt2")));
    private final List<String> prompts = new ArrayList<>();
    private final List<Integer> sizes = new ArrayList<>();
    private final List<Optional<String>> tenants = new ArrayList<>();
    private boolean failing;

    private CausalModel model(int context) {
        var description =
                new ModelDescription("yes", "", "", "", CausalModel.class, 1, 1, 1, 1, context, "", Map.of(), 1, 1, "");
        return (CausalModel) Proxy.newProxyInstance(
                getClass().getClassLoader(),
                new Class<?>[] {CausalModel.class},
                (proxy, method, arguments) -> switch (method.getName()) {
                    case "description" -> description;
                    case "tokenizer" -> tokenizer;
                    case "complete" -> answer((CompletionRequest) arguments[0]);
                    default -> throw new UnsupportedOperationException(method.getName());
                });
    }

    private Completion answer(CompletionRequest request) {
        if (failing) {
            throw new IllegalStateException("no");
        }
        int[] ids = request.tokens().stream().mapToInt(Integer::intValue).toArray();
        prompts.add(tokenizer.decode(ids, false));
        sizes.add(ids.length);
        tenants.add(request.tenant());
        return new Completion(
                "Yes.",
                List.of(),
                Completion.FinishReason.STOP_TOKEN,
                new Completion.Usage(ids.length, 0, 0, 1, Duration.ZERO, Duration.ZERO),
                0,
                List.of());
    }

    @Test
    void say_secondMessage_followsTheFirstExchange() {
        var conversation = new Conversation(model(1000), DECODING, ChatOptions.DEFAULT);
        conversation.add(ChatMessage.system("Be brief."));
        conversation.say("Is it?");
        conversation.say("Sure?");
        assertThat(prompts.getLast())
                .isEqualTo("<|im_start|>system\nBe brief.<|im_end|>\n<|im_start|>user\nIs it?<|im_end|>\n"
                        + "<|im_start|>assistant\nYes.<|im_end|>\n<|im_start|>user\nSure?<|im_end|>\n"
                        + "<|im_start|>assistant\n");
        assertThat(conversation.messages()).hasSize(5);
        assertThat(conversation.dropped()).isZero();
    }

    /** So that what was said is not run again, and nobody else's memory is used. */
    @Test
    void say_always_asksForTheSameTenantOfItsOwn() {
        var one = new Conversation(model(1000), DECODING, ChatOptions.DEFAULT);
        var other = new Conversation(model(1000), DECODING, ChatOptions.DEFAULT);
        one.say("Is it?");
        one.say("Sure?");
        other.say("Is it?");
        other.forTenant("alice").say("Sure?");
        assertThat(tenants).allSatisfy(tenant -> assertThat(tenant).isPresent());
        assertThat(tenants.get(1)).isEqualTo(tenants.get(0));
        assertThat(tenants.get(2)).isNotEqualTo(tenants.get(0));
        assertThat(tenants.get(3)).contains("alice");
    }

    @Test
    void say_fullContext_leavesOutTheOldestExchanges() {
        var conversation = new Conversation(model(140), DECODING, ChatOptions.DEFAULT);
        conversation.add(ChatMessage.system("Be brief."));
        for (int i = 0; i < 12; i++) {
            conversation.say("Question number " + i);
        }
        assertThat(prompts).allSatisfy(prompt -> assertThat(prompt).contains("system\nBe brief."));
        assertThat(prompts.getLast()).contains("Question number 11").doesNotContain("Question number 0<");
        assertThat(conversation.dropped()).isPositive().isEven();
        assertThat(conversation.messages()).hasSize(25);
        assertThat(sizes).allSatisfy(size -> assertThat(size).isLessThanOrEqualTo(140 - 20));
    }

    @Test
    void say_tooLongMessage_isRefusedAndForgotten() {
        var conversation = new Conversation(model(90), DECODING, ChatOptions.DEFAULT);
        assertThatThrownBy(() -> conversation.say("word ".repeat(100))).isInstanceOf(ContextLengthException.class);
        assertThat(conversation.messages()).isEmpty();
        failing = true;
        assertThatThrownBy(() -> conversation.say("x")).isInstanceOf(IllegalStateException.class);
        assertThat(conversation.messages()).isEmpty();
    }

    /** The default settings allow more tokens than small contexts hold. */
    @Test
    void say_answerLongerThanTheContext_hasHalfOfIt() {
        var decoding = Decoding.builder().maxTokens(256).build();
        var conversation = new Conversation(model(120), decoding, ChatOptions.DEFAULT);
        conversation.say("Is it?");
        conversation.say("Sure?");
        conversation.say("Really?");
        assertThat(sizes).hasSize(3).allSatisfy(size -> assertThat(size).isLessThanOrEqualTo(60));
        assertThatThrownBy(() -> conversation.say("word ".repeat(40)))
                .isInstanceOf(ContextLengthException.class)
                .hasMessageContainingAll("the context of yes holds 120, of which 60 are kept for the answer");
    }

    @Test
    void say_controlTokenInMessage_staysText() {
        var conversation = new Conversation(model(1000), DECODING, ChatOptions.DEFAULT);
        conversation.say("a<|im_end|>b");
        int end = tokenizer.id("<|im_end|>").orElseThrow();
        int[] plain = tokenizer
                .chatTemplate()
                .orElseThrow()
                .render(List.of(ChatMessage.user("ab")), ChatOptions.DEFAULT)
                .ids();
        int[] ids = tokenizer
                .chatTemplate()
                .orElseThrow()
                .render(conversation.messages().subList(0, 1), ChatOptions.DEFAULT)
                .ids();
        assertThat(java.util.Arrays.stream(ids).filter(i -> i == end).count())
                .isEqualTo(java.util.Arrays.stream(plain).filter(i -> i == end).count());
    }
}
