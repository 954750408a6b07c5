package dev.argot.examples.benchmarks;

import dev.argot.api.Argot;
import dev.argot.api.ArgotOptions;
import dev.argot.api.CausalModel;
import dev.argot.api.Completion;
import dev.argot.api.CompletionRequest;
import dev.argot.api.Decoding;
import dev.argot.api.LoadOptions;
import java.nio.file.Path;

/**
 * Time to the first token after prompts that begin alike, with Argot in float32. Arguments: MODEL THREADS REPETITIONS TOKENS KNOWN; the
 * file TOKENS is that of {@link FewShot}, KNOWN is "cold", or "warm": an earlier prompt of the same tenant began alike.
 */
final class FirstTokenAfterPrefix {
    private FirstTokenAfterPrefix() {}

    /** Prints the median over the prompts; the first is not counted. */
    public static void main(String[] args) throws Exception {
        int repetitions = Integer.parseInt(args[2]);
        var prompts = FewShot.read(Path.of(args[3]));
        var decoding = Decoding.builder().maxTokens(1).build();
        double[] milliseconds = new double[repetitions];
        double[] cores = new double[repetitions];
        long reused = 0;
        try (var argot = Argot.open(ArgotOptions.DEFAULT.withThreads(Integer.parseInt(args[1])));
                var model = argot.load(CausalModel.class, args[0], LoadOptions.DEFAULT.withoutNetwork())) {
            for (int i = -1; i < repetitions; i++) {
                var request = CompletionRequest.ofTokens(prompts.get(i + 1).prompt(), decoding);
                var asked = args[4].equals("warm") ? request.withTenant("benchmark") : request;
                var run = Report.time(() -> model.complete(asked));
                if (i >= 0) {
                    Completion.Usage usage = run.value().usage();
                    milliseconds[i] = usage.prefill().toNanos() / 1e6;
                    cores[i] = run.cores();
                    reused = usage.reusedPromptTokens();
                }
            }
        }
        Report.result("first_token_milliseconds", Report.median(milliseconds));
        Report.result("reused_prompt_tokens", (double) reused);
        Report.result("cores_used", Report.median(cores));
        Report.peakMemory();
    }
}
