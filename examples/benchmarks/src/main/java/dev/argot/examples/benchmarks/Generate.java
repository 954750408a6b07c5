package dev.argot.examples.benchmarks;

import dev.argot.api.Argot;
import dev.argot.api.ArgotOptions;
import dev.argot.api.CausalModel;
import dev.argot.api.Decoding;
import dev.argot.api.LoadOptions;
import dev.argot.api.Precision;

/** Greedy decoding with Argot. Arguments: MODEL PRECISION THREADS NEW_TOKENS REPETITIONS PROMPT. */
final class Generate {
    private Generate() {}

    /** Prints medians over the repetitions; the first run is not counted. */
    public static void main(String[] args) throws Exception {
        var load = LoadOptions.DEFAULT.withPrecision(Precision.valueOf(args[1])).withoutNetwork();
        int newTokens = Integer.parseInt(args[3]);
        int repetitions = Integer.parseInt(args[4]);
        var decoding = Decoding.builder().maxTokens(newTokens).ignoreEos(true).build();
        double[] prefill = new double[repetitions];
        double[] decode = new double[repetitions];
        double[] cores = new double[repetitions];
        try (var argot = Argot.open(ArgotOptions.DEFAULT.withThreads(Integer.parseInt(args[2])));
                var model = argot.load(CausalModel.class, args[0], load)) {
            model.complete(args[5], decoding);
            for (int i = 0; i < repetitions; i++) {
                var run = Report.time(() -> model.complete(args[5], decoding));
                var usage = run.value().usage();
                prefill[i] = usage.promptTokens() / (usage.prefill().toNanos() / 1e9);
                decode[i] = usage.tokensPerSecond();
                cores[i] = run.cores();
                if (i == 0) {
                    Report.result("prompt_tokens", usage.promptTokens());
                }
            }
        }
        Report.result("prefill_tokens_per_second", Report.median(prefill));
        Report.result("decode_tokens_per_second", Report.median(decode));
        Report.result("cores_used", Report.median(cores));
        Report.peakMemory();
    }
}
