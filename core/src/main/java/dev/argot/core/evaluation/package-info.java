/** Measuring models: held-out texts, tasks, plain instructions, how many exemplars a task wants, and the comparison of two. */
package dev.argot.core.evaluation;
