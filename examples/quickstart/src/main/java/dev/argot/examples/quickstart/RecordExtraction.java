package dev.argot.examples.quickstart;

import dev.argot.api.Argot;
import dev.argot.api.CausalModel;
import dev.argot.api.Decoding;
import dev.argot.api.prompt.PromptSpec;
import dev.argot.api.prompt.PromptTemplate;
import dev.argot.api.prompt.Prompter;
import java.util.Map;

/**
 * Reads an order as a Java record. What the model writes is held to the record's JSON schema, so that it is a record in any case; whether it
 * is the right one depends on the model.
 *
 * <p>Argument, which may be left out: the model's name, without which the default model is used.
 */
public final class RecordExtraction {
    private RecordExtraction() {}

    /** What there is to order. */
    public enum Item {
        /** To sit on. */
        CHAIR,
        /** To see by. */
        LAMP,
        /** To work at. */
        TABLE
    }

    /**
     * An order. Public, and its package exported, so that Argot may make one.
     *
     * @param item what is ordered
     * @param quantity how many
     * @param express whether it is urgent
     */
    public record Order(Item item, int quantity, boolean express) {}

    /**
     * Runs the program.
     *
     * @param arguments see above
     */
    public static void main(String[] arguments) {
        System.out.println(order(
                arguments.length > 0 ? arguments[0] : "default",
                "We need twelve desk lamps, and please, by tomorrow!"));
    }

    static Order order(String modelName, String mail) {
        var spec = PromptSpec.builder(PromptTemplate.of("Mail: {{mail}}\nOrder: {{answer}}"))
                .exemplar("{\"item\":\"CHAIR\",\"quantity\":2,\"express\":false}", "mail", "Two chairs, no hurry.")
                .exemplar("{\"item\":\"TABLE\",\"quantity\":1,\"express\":true}", "mail", "One table, urgently.")
                .exemplar("{\"item\":\"LAMP\",\"quantity\":5,\"express\":false}", "mail", "Please send five lamps.")
                .exemplar("{\"item\":\"CHAIR\",\"quantity\":8,\"express\":true}", "mail", "I want eight chairs, now.")
                .decoding(Decoding.builder().maxTokens(64).build())
                .build();
        try (Argot argot = Argot.open();
                CausalModel model = argot.load(CausalModel.class, modelName);
                Prompter prompter = argot.prompter(model, spec)) {
            return prompter.extract(Map.of("mail", mail), Order.class).value();
        }
    }
}
