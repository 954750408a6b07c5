/** A program that asks for a domain by name and knows the API and nothing else. */
module sailor {
    requires dev.argot.api;
}
