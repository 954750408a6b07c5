package dev.argot.api;

/**
 * A token close to another text in embedding space.
 *
 * @param id the token's id
 * @param token the vocabulary's spelling
 * @param cosine cosine of the angle between the embeddings, -1 to 1
 */
public record TokenNeighbour(int id, String token, double cosine) {}
