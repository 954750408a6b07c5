/** Conversations: messages, and the chat templates that lay them out for a model. */
@NullMarked
package dev.argot.api.chat;

import org.jspecify.annotations.NullMarked;
