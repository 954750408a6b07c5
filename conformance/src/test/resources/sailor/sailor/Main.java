package sailor;

import dev.argot.api.Argot;
import dev.argot.api.Domain;

/** Prints which domains there are, and what the one for sailing knows. */
public final class Main {
    private Main() {}

    /** Runs the program. */
    public static void main(String[] args) {
        Module module = Main.class.getModule();
        System.out.println("program: " + (module.isNamed() ? "module " + module.getName() : "unnamed module"));
        try (Argot argot = Argot.open()) {
            System.out.println("domains: " + argot.domains());
            Domain sailing = argot.domain("sailing");
            System.out.println("jib: " + sailing.term("jib").orElseThrow().definition().orElseThrow());
            System.out.println("samples: " + sailing.samples().size());
            sailing.tasks().forEach(task -> System.out.println("task: " + task.name()));
        }
    }
}
