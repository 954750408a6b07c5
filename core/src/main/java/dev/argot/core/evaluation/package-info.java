/** Measuring models: held-out texts, tasks, plain instructions, and the comparison of two. */
package dev.argot.core.evaluation;
