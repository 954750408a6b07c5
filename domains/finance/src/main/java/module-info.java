import org.jspecify.annotations.NullMarked;

/** The language of finance, as data and small strategies. */
@NullMarked
module dev.argot.domains.finance {
    requires dev.argot.spi;
    requires static org.jspecify;
}
