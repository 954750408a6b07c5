import org.jspecify.annotations.NullMarked;

/** The language of finance, as data and small strategies. */
@NullMarked
module dev.argot.domains.finance {
    requires dev.argot.spi;
    requires static org.jspecify;

    provides dev.argot.spi.DomainProvider with
            dev.argot.domains.finance.FinanceDomainProvider;
}
