package dev.argot.tokenizers.huggingface;

import dev.argot.api.EncodeOptions;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Cuts added tokens out of text: of those that begin leftmost the longest, then on behind it. Immutable and thread-safe. */
final class AddedTokens {
    private final Map<Integer, AddedToken> tokens = new TreeMap<>();
    private final Finder plain;
    private final Finder normalized;
    private final Characters characters;

    AddedTokens(List<AddedToken> added, @Nullable TextNormalizer normalizer, Characters characters) {
        this.characters = characters;
        plain = new Finder(added.size());
        normalized = new Finder(added.size());
        for (AddedToken token : added) {
            tokens.put(token.id(), token);
            if (token.normalized()) {
                normalized.add(
                        TextNormalizer.apply(normalizer, AlignedText.of(token.content()))
                                .toString(),
                        token);
            } else {
                plain.add(token.content(), token);
            }
        }
    }

    /** Says which special tokens spelled out in a text become control tokens. */
    @FunctionalInterface
    interface Trust {
        /** None does. */
        Trust NONE = (id, start, end) -> false;

        /** Whether the special token with this id does, at this place of the original text. */
        boolean allows(int id, int start, int end);

        /** As the options say. */
        static Trust of(EncodeOptions options) {
            return options.trusted()
                    ? (id, start, end) -> true
                    : options.controlTokens().isEmpty()
                            ? NONE
                            : (id, start, end) -> options.controlTokens().contains(id);
        }
    }

    /** Takes the parts of a text. */
    interface Parts {
        /** A part of a text without added tokens; not empty. */
        void text(AlignedText part);

        /** An added token. */
        void token(int id, int start, int end);
    }

    /** The added token with an id, or null. */
    @Nullable
    AddedToken get(int id) {
        return tokens.get(id);
    }

    /** All of them, by id. */
    Iterable<AddedToken> all() {
        return tokens.values();
    }

    /**
     * Cuts a text into added tokens and what lies between them, normalized.
     *
     * @param trust which special tokens are tokens; the others are text
     */
    void split(AlignedText text, @Nullable TextNormalizer normalizer, Trust trust, Parts out) {
        plain.split(text, trust, new Parts() {
            @Override
            public void text(AlignedText part) {
                AlignedText changed = TextNormalizer.apply(normalizer, part);
                if (changed.length > 0) {
                    normalized.split(changed, trust, out);
                }
            }

            @Override
            public void token(int id, int start, int end) {
                out.token(id, start, end);
            }
        });
    }

    private final class Finder {
        private final Trie trie;
        private final BitSet firsts = new BitSet();
        private boolean onlySpecial = true;

        Finder(int expected) {
            trie = new Trie(expected);
        }

        void add(String content, AddedToken token) {
            if (!content.isEmpty()) {
                trie.put(content, token.id());
                firsts.set(content.charAt(0));
                onlySpecial &= token.special();
            }
        }

        void split(AlignedText text, Trust trust, Parts out) {
            if (text.length == 0) {
                return;
            }
            if (trie.isEmpty() || (onlySpecial && trust == Trust.NONE)) {
                out.text(text);
                return;
            }
            int done = 0;
            int at = 0;
            while (at < text.length) {
                int end = firsts.get(text.chars[at]) ? find(text, at) : -1;
                AddedToken token = end < 0 ? null : tokens.get(trie.id(text.chars, at, end));
                if (token == null) {
                    at++;
                    continue;
                }
                int start = at;
                at = end;
                boolean isText = token.special() && !trust.allows(token.id(), text.start(start), text.end(end - 1));
                if (isText || (token.singleWord() && !isAlone(text, start, end))) {
                    continue;
                }
                while (token.lstrip() && start > done && Characters.isSpace(text.chars[start - 1])) {
                    start--;
                }
                while (token.rstrip() && end < text.length && Characters.isSpace(text.chars[end])) {
                    end++;
                }
                if (done < start) {
                    out.text(text.slice(done, start));
                }
                out.token(token.id(), text.start(start), text.end(end - 1));
                done = end;
                at = end;
            }
            if (done < text.length) {
                out.text(text.slice(done, text.length));
            }
        }

        /** The end of the longest token that begins at an index, or -1. */
        private int find(AlignedText text, int at) {
            int end = -1;
            int node = Trie.ROOT;
            for (int i = at; i < text.length; i++) {
                node = trie.child(node, text.chars[i]);
                if (node < 0) {
                    break;
                }
                if (trie.id(node) >= 0) {
                    end = i + 1;
                }
            }
            return end;
        }

        private boolean isAlone(AlignedText text, int start, int end) {
            return !isWord(start == 0 ? -1 : Character.codePointBefore(text.chars, start, 0))
                    && !isWord(end == text.length ? -1 : Characters.codePoint(text.chars, end, text.length));
        }

        private boolean isWord(int codePoint) {
            return codePoint >= 0 && (characters.of(codePoint) & Characters.WORD) != 0;
        }
    }
}
