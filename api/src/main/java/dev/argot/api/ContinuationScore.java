package dev.argot.api;

/**
 * How probable a continuation of a prompt is.
 *
 * @param continuation the text that was scored
 * @param logProbability sum of the natural log-probabilities (nats) of its tokens, each given the prompt and the tokens before it
 * @param tokens number of tokens summed over
 */
public record ContinuationScore(String continuation, double logProbability, int tokens) {}
