/** Search for passages to show in prompts. */
package dev.argot.core.retrieval;
