package dev.argot.examples.benchmarks;

import de.kherud.llama.InferenceParameters;
import de.kherud.llama.LlamaModel;
import de.kherud.llama.ModelParameters;

/**
 * Greedy decoding with llama.cpp through its Java binding. Arguments: GGUF_FILE THREADS NEW_TOKENS REPETITIONS PROMPT; with 0
 * repetitions the first token is printed as soon as it is there.
 */
final class LlamaBinding {
    private LlamaBinding() {}

    /** Prints medians over the repetitions; the first run is not counted. */
    public static void main(String[] args) throws Exception {
        int threads = Integer.parseInt(args[1]);
        int newTokens = Integer.parseInt(args[2]);
        int repetitions = Integer.parseInt(args[3]);
        var parameters = new ModelParameters()
                .setModel(args[0])
                .setThreads(threads)
                .setThreadsBatch(threads)
                .setCtxSize(512)
                .disableLog();
        try (var model = new LlamaModel(parameters)) {
            if (repetitions == 0) {
                Report.token(model.complete(
                        new InferenceParameters(args[4]).setNPredict(1).setTemperature(0f)));
            } else {
                measure(model, args[4], newTokens, repetitions);
            }
        }
        Report.peakMemory();
        System.out.flush();
        // The library's threads would keep the process from ending.
        Runtime.getRuntime().halt(0);
    }

    private static void measure(LlamaModel model, String prompt, int newTokens, int repetitions) throws Exception {
        int promptTokens = model.encode(prompt).length;
        double[] prefill = new double[repetitions];
        double[] decode = new double[repetitions];
        double[] cores = new double[repetitions];
        for (int i = -1; i < repetitions; i++) {
            var run = Report.time(() -> generate(model, prompt, newTokens));
            if (i >= 0) {
                prefill[i] = promptTokens / run.value().firstSeconds();
                decode[i] = (run.value().tokens() - 1) / run.value().restSeconds();
                cores[i] = run.cores();
            }
        }
        Report.result("prompt_tokens", promptTokens);
        Report.result("prefill_tokens_per_second", Report.median(prefill));
        Report.result("decode_tokens_per_second", Report.median(decode));
        Report.result("cores_used", Report.median(cores));
    }

    private record Times(int tokens, double firstSeconds, double restSeconds) {}

    private static Times generate(LlamaModel model, String prompt, int newTokens) {
        var request = new InferenceParameters(prompt)
                .setNPredict(newTokens)
                .setTemperature(0f)
                .setIgnoreEos(true)
                .setCachePrompt(false);
        long start = System.nanoTime();
        long first = start;
        int tokens = 0;
        var outputs = model.generate(request).iterator();
        while (outputs.hasNext()) {
            outputs.next();
            if (tokens++ == 0) {
                first = System.nanoTime();
            }
        }
        return new Times(tokens, (first - start) / 1e9, (System.nanoTime() - first) / 1e9);
    }
}
