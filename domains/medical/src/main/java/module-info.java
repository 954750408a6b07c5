import org.jspecify.annotations.NullMarked;

/** The language of medicine, as data and small strategies. */
@NullMarked
module dev.argot.domains.medical {
    requires dev.argot.spi;
    requires static org.jspecify;

    provides dev.argot.spi.DomainProvider with
            dev.argot.domains.medical.MedicalDomainProvider;
}
