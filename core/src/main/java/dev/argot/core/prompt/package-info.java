/** Putting items to models: prompts, exemplars, answers. */
package dev.argot.core.prompt;
