/** Where models come from: paths, archives, the Hub, and what is shipped with Argot. */
@NullMarked
package dev.argot.models.source;

import org.jspecify.annotations.NullMarked;
