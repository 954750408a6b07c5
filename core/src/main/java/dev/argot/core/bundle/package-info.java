/** What an adaptation leaves: adapters merged into their base, bundles with the hashes of their files, extended vocabularies. */
@NullMarked
package dev.argot.core.bundle;

import org.jspecify.annotations.NullMarked;
