package dev.argot.core.adaptation;

/** What an adaptation ran on, for the report. Stateless. */
public final class Environment {
    private Environment() {}

    /** Version of Argot; {@code "development"} where it does not run from its jars. */
    public static String version() {
        String version = Environment.class.getPackage().getImplementationVersion();
        return version == null ? "development" : version;
    }

    /** The Java runtime. */
    public static String java() {
        return Runtime.version() + " (" + System.getProperty("java.vendor") + ")";
    }

    /** Operating system and processor. */
    public static String system() {
        return System.getProperty("os.name") + " " + System.getProperty("os.version") + ", "
                + System.getProperty("os.arch");
    }
}
