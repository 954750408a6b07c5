package dev.argot.domains.medical;

import dev.argot.api.Domain;
import dev.argot.spi.DomainProvider;
import dev.argot.spi.DomainResources;

/** Brings the domain {@code "medical"}. */
public final class MedicalDomainProvider implements DomainProvider {
    /** Called by {@link java.util.ServiceLoader}. */
    public MedicalDomainProvider() {}

    @Override
    public String name() {
        return "medical";
    }

    @Override
    public Domain open() {
        return DomainResources.read(name(), "Medicine", MedicalDomainProvider.class::getResourceAsStream);
    }
}
