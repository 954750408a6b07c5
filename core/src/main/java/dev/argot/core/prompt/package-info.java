/** Putting items to models: prompts, exemplars, answers, and how many exemplars a task wants. */
package dev.argot.core.prompt;
