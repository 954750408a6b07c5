/** What holds for all modules together: numbers of the reference implementation, arrows, descriptors, and use by a stranger. */
package dev.argot.conformance;
