package dev.argot.spi;

import dev.argot.api.Domain;

/** Brings a domain along. {@link DomainResources} reads one from the files of a jar. */
public interface DomainProvider {
    /** Short, stable, lower-case name; the same as {@link Domain#name}. Cheap: reads nothing. */
    String name();

    /**
     * Reads the domain.
     *
     * @throws dev.argot.api.FileFormatException if its data is malformed
     */
    Domain open();
}
