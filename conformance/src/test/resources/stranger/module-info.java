/** A program that knows the API and nothing else. */
module stranger {
    requires dev.argot.api;
}
