/** What holds for all modules together: numbers of the reference implementation, arrows, descriptors, and use by a stranger. */
@NullMarked
package dev.argot.conformance;

import org.jspecify.annotations.NullMarked;
