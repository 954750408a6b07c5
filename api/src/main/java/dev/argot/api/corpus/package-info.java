/** Texts to learn from: where they are read from, how they are curated, and what was kept. */
package dev.argot.api.corpus;
