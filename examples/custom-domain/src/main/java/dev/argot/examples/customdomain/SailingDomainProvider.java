package dev.argot.examples.customdomain;

import dev.argot.api.Domain;
import dev.argot.spi.DomainProvider;
import dev.argot.spi.DomainResources;

/** Brings the domain {@code "sailing"}. All there is to write in Java; the rest are files beside this class. */
public final class SailingDomainProvider implements DomainProvider {
    /** Called by {@link java.util.ServiceLoader}. */
    public SailingDomainProvider() {}

    @Override
    public String name() {
        return "sailing";
    }

    @Override
    public Domain open() {
        return DomainResources.read(name(), "Sailing", SailingDomainProvider.class::getResourceAsStream);
    }
}
