package dev.argot.tokenizers.huggingface;

/**
 * A token that is looked for in the text before the model sees it.
 *
 * @param id its id
 * @param content its spelling
 * @param singleWord whether it must not touch word characters
 * @param lstrip whether it takes in the white space before it
 * @param rstrip whether it takes in the white space after it
 * @param normalized whether it is looked for in normalized text
 * @param special whether it is a control token
 */
record AddedToken(
        int id,
        String content,
        boolean singleWord,
        boolean lstrip,
        boolean rstrip,
        boolean normalized,
        boolean special) {}
