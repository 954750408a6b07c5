package dev.argot.examples.cli;

import dev.argot.api.Argot;
import dev.argot.api.adaptation.AdaptationPlan;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Says what an adaptation would take. */
@Command(
        name = "plan",
        sortOptions = false,
        description = "Say what an adaptation would take: memory, tokens, work, time. Exit code 1: it does not fit.")
final class PlanCommand implements Callable<Integer> {
    @Mixin
    private AdaptationOptions options = new AdaptationOptions();

    @Option(names = "--json", description = "Print one JSON object.")
    private boolean json;

    @Mixin
    private Setup setup = new Setup();

    @Spec
    @SuppressWarnings("NullAway.Init") // set by picocli
    private CommandSpec spec;

    @Override
    public Integer call() throws IOException {
        PrintWriter out = spec.commandLine().getOut();
        AdaptationPlan plan;
        try (Argot argot = setup.open(spec.commandLine().getErr())) {
            plan = argot.plan(options.spec(setup, Path.of("plan"), false));
        }
        if (json) {
            Json.print(out, j -> {
                j.writeNumberField("parameters", plan.parameters());
                j.writeNumberField("trainable", plan.trainable());
                j.writeNumberField("weightBytes", plan.memory().weights());
                j.writeNumberField("gradientBytes", plan.memory().gradients());
                j.writeNumberField("optimizerBytes", plan.memory().optimizer());
                j.writeNumberField("activationBytes", plan.memory().activations());
                j.writeNumberField("runtimeBytes", plan.memory().runtime());
                j.writeNumberField("totalBytes", plan.memory().total());
                j.writeNumberField("machineBytes", plan.machineBytes());
                j.writeNumberField("corpusTokens", plan.corpusTokens());
                j.writeNumberField("steps", plan.steps());
                j.writeNumberField("tokens", plan.tokens());
                j.writeNumberField("flops", plan.flops());
                if (plan.time().isPresent()) {
                    j.writeNumberField("seconds", plan.time().get().toMillis() / 1e3);
                }
                j.writeBooleanField("fits", plan.fits());
                j.writeArrayFieldStart("advice");
                for (String advice : plan.advice()) {
                    j.writeString(advice);
                }
                j.writeEndArray();
            });
        } else {
            print(plan, out);
        }
        return plan.fits() ? 0 : 1;
    }

    static void print(AdaptationPlan plan, PrintWriter out) {
        out.printf("parameters    %,d, of which %,d are trained%n", plan.parameters(), plan.trainable());
        AdaptationPlan.Memory memory = plan.memory();
        out.printf(
                "memory        %,d MiB: weights %,d, gradients %,d, optimizer %,d, activations %,d, runtime %,d%n",
                memory.total() >> 20,
                memory.weights() >> 20,
                memory.gradients() >> 20,
                memory.optimizer() >> 20,
                memory.activations() >> 20,
                memory.runtime() >> 20);
        out.printf(
                "              this machine has %,d MiB; the rule of 24 bytes a weight says %,d%n",
                plan.machineBytes() >> 20, AdaptationPlan.Memory.ruleOfThumb(plan.parameters()) >> 20);
        out.printf(
                "tokens        %,d in %,d steps, %.1f passes through %,d; %.4f %% of the %,d that training from scratch takes%n",
                plan.tokens(),
                plan.steps(),
                plan.epochs(),
                plan.corpusTokens(),
                100.0 * plan.tokens() / plan.chinchillaTokens(),
                plan.chinchillaTokens());
        out.printf(
                "work          %.3g floating-point operations, %.3g petaflop/s-days%n",
                plan.flops(), plan.petaflopDays());
        plan.time().ifPresent(time -> out.printf("time          about %s for the steps%n", Progress.duration(time)));
        plan.advice().forEach(advice -> out.println("does not fit  try " + advice));
        out.flush();
    }
}
