package dev.argot.domains.legal;

import dev.argot.api.Domain;
import dev.argot.spi.DomainProvider;
import dev.argot.spi.DomainResources;

/** Brings the domain {@code "legal"}. */
public final class LegalDomainProvider implements DomainProvider {
    /** Called by {@link java.util.ServiceLoader}. */
    public LegalDomainProvider() {}

    @Override
    public String name() {
        return "legal";
    }

    @Override
    public Domain open() {
        return DomainResources.read(name(), "Law (United States)", LegalDomainProvider.class::getResourceAsStream);
    }
}
