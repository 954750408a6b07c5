/** Measuring a model: tasks with labelled items, held-out texts, and what came out. */
package dev.argot.api.evaluation;
