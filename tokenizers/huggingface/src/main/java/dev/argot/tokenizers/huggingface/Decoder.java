package dev.argot.tokenizers.huggingface;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** Turns tokens back into text, step by step. Immutable and thread-safe. */
sealed interface Decoder {
    List<String> decode(List<String> tokens);

    /**
     * The bytes that a token adds inside a text.
     *
     * @param token the token
     * @throws UnsupportedOperationException if that depends on the tokens beside it
     */
    default byte[] bytes(String token) {
        return switch (this) {
            case Bytes bytes -> bytes.alphabet().bytes(token);
            case Sequence sequence -> {
                String text = token;
                boolean fused = false;
                for (Decoder decoder : sequence.decoders()) {
                    if (decoder instanceof ByteFallback && ByteFallback.byteOf(text) >= 0) {
                        yield new byte[] {(byte) ByteFallback.byteOf(text)};
                    }
                    if (decoder instanceof Fuse) {
                        fused = true;
                    } else if (decoder instanceof Replace || (decoder instanceof Strip && !fused)) {
                        text = String.join("", decoder.decode(List.of(text)));
                    } else if (!(decoder instanceof Strip || decoder instanceof ByteFallback)) {
                        yield decoder.bytes(text);
                    } // what is stripped of the whole text is at its ends
                }
                yield text.getBytes(StandardCharsets.UTF_8);
            }
            case ByteFallback fallback ->
                ByteFallback.byteOf(token) >= 0
                        ? new byte[] {(byte) ByteFallback.byteOf(token)}
                        : token.getBytes(StandardCharsets.UTF_8);
            case Metaspace metaspace ->
                token.replace(metaspace.replacement(), " ").getBytes(StandardCharsets.UTF_8);
            case Fuse fuse -> token.getBytes(StandardCharsets.UTF_8);
            case Replace replace ->
                String.join("", replace.decode(List.of(token))).getBytes(StandardCharsets.UTF_8);
            case Strip strip -> String.join("", strip.decode(List.of(token))).getBytes(StandardCharsets.UTF_8);
            case WordPiece pieces -> throw dependent();
            case EndOfWord end -> throw dependent();
            case Ctc ctc -> throw dependent();
        };
    }

    private static UnsupportedOperationException dependent() {
        return new UnsupportedOperationException("what a token of this tokenizer adds depends on those beside it");
    }

    /** Several, one after the other. */
    record Sequence(List<Decoder> decoders) implements Decoder {
        @Override
        public List<String> decode(List<String> tokens) {
            List<String> result = tokens;
            for (Decoder decoder : decoders) {
                result = decoder.decode(result);
            }
            return result;
        }
    }

    /** Bytes spelt in {@link ByteAlphabet}. */
    record Bytes(ByteAlphabet alphabet) implements Decoder {
        @Override
        public List<String> decode(List<String> tokens) {
            ByteArrayOutputStream bytes = new ByteArrayOutputStream();
            for (String token : tokens) {
                bytes.writeBytes(alphabet.bytes(token));
            }
            return List.of(Utf8.decode(bytes.toByteArray(), bytes.size()));
        }
    }

    /** Tokens {@code <0x00>} to {@code <0xFF>}: a run of them is text if it is well-formed, else one U+FFFD for each byte. */
    record ByteFallback() implements Decoder {
        @Override
        public List<String> decode(List<String> tokens) {
            List<String> result = new ArrayList<>(tokens.size());
            ByteArrayOutputStream run = new ByteArrayOutputStream();
            for (String token : tokens) {
                int b = byteOf(token);
                if (b >= 0) {
                    run.write(b);
                } else {
                    flush(run, result);
                    result.add(token);
                }
            }
            flush(run, result);
            return result;
        }

        private static void flush(ByteArrayOutputStream run, List<String> result) {
            if (run.size() > 0) {
                byte[] bytes = run.toByteArray();
                if (Utf8.isWellFormed(bytes, bytes.length)) {
                    result.add(Utf8.decode(bytes, bytes.length));
                } else {
                    for (int i = 0; i < bytes.length; i++) {
                        result.add("\uFFFD");
                    }
                }
                run.reset();
            }
        }

        /** The byte such a token stands for, or -1. */
        static int byteOf(String token) {
            if (token.length() != 6 || !token.startsWith("<0x") || token.charAt(5) != '>') {
                return -1;
            }
            int high = Character.digit(token.charAt(3), 16);
            int low = Character.digit(token.charAt(4), 16);
            return high < 0 || low < 0 || token.charAt(3) > 'f' || token.charAt(4) > 'f' ? -1 : (high << 4) | low;
        }
    }

    /** Joins everything. */
    record Fuse() implements Decoder {
        @Override
        public List<String> decode(List<String> tokens) {
            return List.of(String.join("", tokens));
        }
    }

    /**
     * Takes a character off the ends of each token.
     *
     * @param content the character
     * @param start how many at most at the start
     * @param stop how many at most at the end
     */
    record Strip(String content, int start, int stop) implements Decoder {
        @Override
        public List<String> decode(List<String> tokens) {
            List<String> result = new ArrayList<>(tokens.size());
            for (String token : tokens) {
                int from = 0;
                for (int i = 0; i < start && token.startsWith(content, from); i++) {
                    from += content.length();
                }
                int to = token.length();
                for (int i = 0;
                        i < stop && to - content.length() >= from && token.startsWith(content, to - content.length());
                        i++) {
                    to -= content.length();
                }
                result.add(token.substring(from, to));
            }
            return result;
        }
    }

    /** Puts a text in the place of what matches, in each token. */
    record Replace(TextPattern pattern, String content) implements Decoder {
        @Override
        public List<String> decode(List<String> tokens) {
            List<String> result = new ArrayList<>(tokens.size());
            for (String token : tokens) {
                char[] chars = token.toCharArray();
                StringBuilder out = new StringBuilder(chars.length);
                pattern.find(chars, 0, chars.length, (from, to, match) -> {
                    if (match) {
                        out.append(content);
                    } else {
                        out.append(chars, from, to - from);
                    }
                });
                result.add(out.toString());
            }
            return result;
        }
    }

    /**
     * SentencePiece's visible spaces become spaces; the one at the start vanishes if it was added.
     *
     * @param replacement what stands for a space
     * @param added whether one was put before the text
     */
    record Metaspace(String replacement, boolean added) implements Decoder {
        @Override
        public List<String> decode(List<String> tokens) {
            List<String> result = new ArrayList<>(tokens.size());
            for (String token : tokens) {
                result.add(token.replace(replacement, result.isEmpty() && added ? "" : " "));
            }
            return result;
        }
    }

    /**
     * Pieces inside a word lose their prefix, others get a space before them.
     *
     * @param prefix what marks pieces inside a word
     * @param cleanup whether spaces before punctuation and English contractions are dropped
     */
    record WordPiece(String prefix, boolean cleanup) implements Decoder {
        @Override
        public List<String> decode(List<String> tokens) {
            List<String> result = new ArrayList<>(tokens.size());
            for (String token : tokens) {
                String text = token;
                if (!result.isEmpty()) {
                    text = token.startsWith(prefix) ? token.substring(prefix.length()) : " " + token;
                }
                result.add(cleanup ? cleanUp(text) : text);
            }
            return result;
        }
    }

    /**
     * A suffix marks the end of words.
     *
     * @param suffix the suffix
     */
    record EndOfWord(String suffix) implements Decoder {
        @Override
        public List<String> decode(List<String> tokens) {
            List<String> result = new ArrayList<>(tokens.size());
            for (String token : tokens) {
                result.add(token.replace(suffix, result.size() == tokens.size() - 1 ? "" : " "));
            }
            return result;
        }
    }

    /**
     * Connectionist temporal classification (Graves et al. 2006): repeated tokens count once, padding vanishes.
     *
     * @param padding the token that vanishes
     * @param delimiter the token between words
     * @param cleanup whether delimiters become spaces and English text is cleaned up
     */
    record Ctc(String padding, String delimiter, boolean cleanup) implements Decoder {
        @Override
        public List<String> decode(List<String> tokens) {
            List<String> result = new ArrayList<>(tokens.size());
            for (int i = 0; i < tokens.size(); i++) {
                if (i > 0 && tokens.get(i).equals(tokens.get(i - 1))) {
                    continue;
                }
                String text = tokens.get(i).replace(padding, "");
                if (cleanup) {
                    text = cleanUp(text).replace(delimiter, " ");
                }
                if (!text.isEmpty()) {
                    result.add(text);
                }
            }
            return result;
        }
    }

    private static String cleanUp(String text) {
        return text.replace(" .", ".")
                .replace(" ?", "?")
                .replace(" !", "!")
                .replace(" ,", ",")
                .replace(" ' ", "'")
                .replace(" n't", "n't")
                .replace(" 'm", "'m")
                .replace(" do not", " don't")
                .replace(" 's", "'s")
                .replace(" 've", "'ve")
                .replace(" 're", "'re");
    }
}
