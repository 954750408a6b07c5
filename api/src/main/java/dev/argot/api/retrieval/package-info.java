/** Search for passages to show in prompts. */
package dev.argot.api.retrieval;
