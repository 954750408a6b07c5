package dev.argot.domains.finance;

import dev.argot.api.Domain;
import dev.argot.spi.DomainProvider;
import dev.argot.spi.DomainResources;

/** Brings the domain {@code "finance"}. */
public final class FinanceDomainProvider implements DomainProvider {
    /** Called by {@link java.util.ServiceLoader}. */
    public FinanceDomainProvider() {}

    @Override
    public String name() {
        return "finance";
    }

    @Override
    public Domain open() {
        return DomainResources.read(name(), "Finance", FinanceDomainProvider.class::getResourceAsStream);
    }
}
