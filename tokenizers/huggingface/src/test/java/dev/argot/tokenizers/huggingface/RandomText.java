package dev.argot.tokenizers.huggingface;

import java.util.List;
import java.util.Random;

/** Texts with what tokenizers stumble over, from a seed. */
final class RandomText {
    private static final List<String> PIECES = List.of(
            " ", "  ", "   ", "\t", "\n", "\n\n", "\r\n", " \n", "\u00a0", "\u2003", "\u3000", "\u200b", "\u200d",
            "a", "the", " the", "Hello", "HELLO", " world", "don't", "I'M", "we'LL", "'s", "'\u017f", "it's", "'", "''",
            "0", "7", "12", "345", "2024", "3.14", "1,000", "\u0663", "\u00b2", "\u00bd", "\u2167",
            ".", ",", "!", "?!", "...", "-", "--", "_", "(", ")", "[", "]", "{", "}", "@", "#", "$", "%", "&", "*", "/",
            "\u2019", "\u201c", "\u2026", "\u00bf", "\u3002",
            "\u00e9", "e\u0301", "\u0301", "\u0323\u0301", "\u00fc", "\u00df", "\u0130", "\u01c4", "\ufb01", "\uff21", "\u212b",
            "\u03a3", "\u03c2", "\u0416", "\u05d0", "\u0627\u0644", "\u0915\u094d\u0937", "\u0e01\u0e33",
            "\u4e2d\u6587", "\u3042", "\u30a2\u30fc", "\ud55c\uad6d", "\uac01", "\u1100\u1161",
            "\ud83d\ude00", "\ud83d\udc69\u200d\ud83d\udcbb", "\ud83c\uddea\ud83c\uddfa", "\ud835\udd38", "\ud83d\udc4d\ud83c\udffd", "\ufe0f",
            "\u0000", "\u0001", "\u007f", "\ufeff", "\ufffd", "\u2028", "\u2581",
            "<s>", "</s>", "<unk>", "<pad>", "[CLS]", "[MASK]", "<|endoftext|>", "<|im_end|>", "<|eot_id|>", "<0x41>", "##ing");

    private RandomText() {}

    static String withSeed(long seed) {
        Random random = new Random(seed);
        StringBuilder text = new StringBuilder();
        int length = random.nextInt(40);
        for (int i = 0; i < length; i++) {
            if (random.nextInt(8) == 0) {
                text.append((char) ('a' + random.nextInt(26)));
            } else {
                text.append(PIECES.get(random.nextInt(PIECES.size())));
            }
        }
        return text.toString();
    }
}
