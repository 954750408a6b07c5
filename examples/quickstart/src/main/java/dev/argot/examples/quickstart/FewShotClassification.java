package dev.argot.examples.quickstart;

import dev.argot.api.Argot;
import dev.argot.api.CausalModel;
import dev.argot.api.prompt.ChoiceAnswer;
import dev.argot.api.prompt.PromptSpec;
import dev.argot.api.prompt.PromptTemplate;
import dev.argot.api.prompt.Prompter;
import java.util.Map;

/**
 * Tells what a customer of a bank wants, from three exemplars.
 *
 * <p>Argument, which may be left out: the model's name, without which the default model is used.
 */
public final class FewShotClassification {
    private FewShotClassification() {}

    /**
     * Runs the program.
     *
     * @param arguments see above
     */
    public static void main(String[] arguments) {
        ChoiceAnswer answer = intent(arguments.length > 0 ? arguments[0] : "default", "I cannot find my card.");
        answer.ranked().forEach(ranked -> System.out.printf("%.3f %s%n", ranked.probability(), ranked.label()));
    }

    static ChoiceAnswer intent(String modelName, String message) {
        var spec = PromptSpec.builder(PromptTemplate.of("Message: {{message}}\nIntent: {{answer}}"))
                .labels("exchange rate", "lost card", "transfer")
                .exemplar("exchange rate", "message", "How many euros do I get for a dollar?")
                .exemplar("lost card", "message", "Someone has stolen my wallet!")
                .exemplar("transfer", "message", "I sent money to a wrong account.")
                .build();
        try (Argot argot = Argot.open();
                CausalModel model = argot.load(CausalModel.class, modelName);
                Prompter prompter = argot.prompter(model, spec)) {
            return prompter.choose(Map.of("message", message));
        }
    }
}
