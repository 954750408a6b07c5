/** Adapting a model: texts to rows, the steps, checkpoints, the plan, and what is written at the end. */
package dev.argot.core.adaptation;
