/** Adapting a model to a domain: what is asked for, planned, done and found. */
package dev.argot.api.adaptation;
