/** What encoders are for: embedding texts, filling masks, and the heads that judge texts, tag words and find answers. */
package dev.argot.core.encoding;
