/** Model families of open checkpoints: one file for each, which describes the network as a graph from its {@code config.json}. */
@NullMarked
package dev.argot.models.family;

import org.jspecify.annotations.NullMarked;
