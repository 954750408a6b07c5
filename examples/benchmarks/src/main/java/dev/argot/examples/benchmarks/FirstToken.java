package dev.argot.examples.benchmarks;

import dev.argot.api.Argot;
import dev.argot.api.ArgotOptions;
import dev.argot.api.CausalModel;
import dev.argot.api.Decoding;
import dev.argot.api.LoadOptions;
import dev.argot.api.Precision;

/** One greedy token with Argot, as soon as possible after the process starts. Arguments: MODEL PRECISION THREADS PROMPT. */
final class FirstToken {
    private FirstToken() {}

    /** Prints the token. */
    public static void main(String[] args) throws Exception {
        var load = LoadOptions.DEFAULT.withPrecision(Precision.valueOf(args[1])).withoutNetwork();
        try (var argot = Argot.open(ArgotOptions.DEFAULT.withThreads(Integer.parseInt(args[2])));
                var model = argot.load(CausalModel.class, args[0], load)) {
            Report.token(model.complete(args[3], Decoding.builder().maxTokens(1).build())
                    .text());
        }
        Report.peakMemory();
    }
}
