/** An engine in plain Java: float32 weights on the heap, sums in float64, one method for each operation of the graph. */
@NullMarked
package dev.argot.engine.reference;

import org.jspecify.annotations.NullMarked;
