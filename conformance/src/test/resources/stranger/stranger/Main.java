package stranger;

import dev.argot.api.Argot;
import dev.argot.api.CausalModel;
import dev.argot.api.Decoding;

/** Prints which modules it runs in, what plug-ins were found, and a completion. */
public final class Main {
    private Main() {}

    /** Runs the program. */
    public static void main(String[] args) {
        System.out.println("program: " + named(Main.class));
        System.out.println("api: " + named(Argot.class));
        try (Argot argot = Argot.open()) {
            for (Argot.ProviderInfo provider : argot.providers()) {
                System.out.printf(
                        "%s %s of %s: %s%n",
                        provider.kind(),
                        provider.name(),
                        provider.origin(),
                        provider.available() ? "available" : provider.remark());
            }
            try (CausalModel model = argot.load(CausalModel.class, "stories260k")) {
                Decoding decoding = Decoding.builder().maxTokens(32).build();
                String text = model.complete("Once upon a time", decoding).text();
                System.out.println("completion: " + text.replaceAll("\\s+", " "));
            }
        }
    }

    private static String named(Class<?> type) {
        return type.getModule().isNamed() ? "module " + type.getModule().getName() : "unnamed module";
    }
}
