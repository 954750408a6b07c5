package dev.argot.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import dev.argot.api.Argot;
import dev.argot.api.CausalModel;
import dev.argot.api.Completion;
import org.junit.jupiter.api.Test;

/** The examples shown in Javadoc; they run as tests. */
class Snippets {
    @Test
    void complete() {
        // @start region="complete"
        try (Argot argot = Argot.open();
                CausalModel model = argot.load(CausalModel.class, "stories260k")) {
            Completion completion = model.complete("Once upon a time");
            // @end
            assertThat(completion.text()).isNotBlank();
        }
    }
}
