import org.jspecify.annotations.NullMarked;

/** The language of law, as data and small strategies. */
@NullMarked
module dev.argot.domains.legal {
    requires dev.argot.spi;
    requires static org.jspecify;

    provides dev.argot.spi.DomainProvider with
            dev.argot.domains.legal.LegalDomainProvider;
}
