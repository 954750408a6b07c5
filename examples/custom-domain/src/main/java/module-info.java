import org.jspecify.annotations.NullMarked;

/** The language of sailing, as data, and what a model can learn from a log: a domain that comes in a jar of its own. */
@NullMarked
module dev.argot.examples.customdomain {
    requires dev.argot.spi;
    requires static org.jspecify;

    provides dev.argot.spi.DomainProvider with
            dev.argot.examples.customdomain.SailingDomainProvider;
    provides dev.argot.spi.ObjectiveProvider with
            dev.argot.examples.customdomain.LogReadings;
}
