/** Prompts: rendering within the context's budget, choosing exemplars, asking. */
package dev.argot.core.prompt;
