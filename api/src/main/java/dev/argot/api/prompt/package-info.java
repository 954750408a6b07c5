/** Prompts: templates and the exemplars they show. */
package dev.argot.api.prompt;
