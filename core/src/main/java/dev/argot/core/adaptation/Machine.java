package dev.argot.core.adaptation;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;

/** What the operating system says of this machine and process. Stateless. */
public final class Machine {
    private static final Path STATUS = Path.of("/proc/self/status");

    private Machine() {}

    /** Physical memory; 0 where unknown. */
    public static long physicalBytes() {
        return ManagementFactory.getOperatingSystemMXBean() instanceof com.sun.management.OperatingSystemMXBean os
                ? os.getTotalMemorySize()
                : 0;
    }

    /** Resident memory of this process now; 0 where unknown. */
    public static long residentBytes() {
        return status("VmRSS:");
    }

    /** The largest resident memory this process had; 0 where unknown. */
    public static long peakBytes() {
        return status("VmHWM:");
    }

    private static long status(String key) {
        if (!Files.isReadable(STATUS)) {
            return 0;
        }
        try {
            for (String line : Files.readAllLines(STATUS)) {
                if (line.startsWith(key)) {
                    return Long.parseLong(line.replaceAll("\\D+", "")) * 1024;
                }
            }
        } catch (IOException | NumberFormatException e) {
            System.getLogger(Machine.class.getName()).log(System.Logger.Level.DEBUG, "no resident memory", e);
        }
        return 0;
    }
}
