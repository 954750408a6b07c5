package dev.argot.api.prompt;

import dev.argot.api.Completion;

/**
 * Text that a model wrote as an answer.
 *
 * @param text the answer, without blanks around it, and labels that were written twice once
 * @param completion tokens, probabilities, why it ended
 * @param prompt what was asked
 */
public record TextAnswer(String text, Completion completion, RenderedPrompt prompt) {}
