package dev.argot.tokenizers.huggingface;

import dev.argot.api.ArgotException;
import dev.argot.api.EncodeOptions;
import dev.argot.api.EncodeOptions.Truncation;
import dev.argot.api.Encoding;
import dev.argot.api.Tokenizer;
import dev.argot.api.chat.ChatTemplate;
import dev.argot.tokenizers.huggingface.AddedTokens.Trust;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/**
 * A tokenizer put together from the parts that {@code tokenizer.json} names: added tokens are cut out of the text, what is left is
 * normalized, split into words, and these into tokens; then tokens are added around.
 */
final class HuggingFaceTokenizer implements Tokenizer {
    private final Parts parts;
    private final @Nullable HuggingFaceChat chat;

    /**
     * The parts.
     *
     * @param vocabulary every token, added ones included
     * @param added the added tokens
     * @param normalizer changes text first
     * @param preTokenizer splits text into words
     * @param model splits words into tokens
     * @param postProcessor adds tokens around
     * @param decoder turns tokens into text; without one they are joined by spaces
     * @param special special tokens by role
     */
    record Parts(
            Vocabulary vocabulary,
            AddedTokens added,
            @Nullable TextNormalizer normalizer,
            @Nullable PreTokenizer preTokenizer,
            TokenModel model,
            @Nullable PostProcessor postProcessor,
            @Nullable Decoder decoder,
            SpecialTokens special) {}

    HuggingFaceTokenizer(Parts parts) {
        this.parts = parts;
        this.chat = null;
    }

    private HuggingFaceTokenizer(Parts parts, Path origin, Map<String, String> templates, Map<String, String> own) {
        this.parts = parts;
        this.chat = new HuggingFaceChat(origin, templates, own, new HuggingFaceTokenizer(parts));
    }

    /**
     * This tokenizer with chat templates.
     *
     * @param origin where they come from, for messages
     * @param templates by name
     * @param own special tokens by role
     */
    HuggingFaceTokenizer with(Path origin, Map<String, String> templates, Map<String, String> own) {
        return new HuggingFaceTokenizer(parts, origin, templates, own);
    }

    @Override
    public Encoding encode(String text, EncodeOptions options) {
        List<Columns> texts = List.of(columns(text, Trust.of(options), 0));
        return finish(texts, options);
    }

    @Override
    public Encoding encodePair(String first, String second, EncodeOptions options) {
        return finish(List.of(columns(first, Trust.of(options), 0), columns(second, Trust.of(options), 1)), options);
    }

    /**
     * Encodes a text of which some chars come from outside: a special token is one only where all its chars are the text's own. Nothing is
     * added around.
     *
     * @param foreign which chars come from outside
     */
    Encoding encode(String text, BitSet foreign) {
        Trust own = (id, start, end) -> {
            int outside = foreign.nextSetBit(start);
            return outside < 0 || outside >= end;
        };
        return finish(List.of(columns(text, own, 0)), EncodeOptions.PLAIN);
    }

    private Columns columns(String text, Trust trust, int sequence) {
        AlignedText source = AlignedText.of(text);
        TokenBuffer out = new TokenBuffer(Math.max(16, source.length / 3));
        Optional<PostProcessor.Trim> spaces =
                parts.postProcessor == null ? Optional.empty() : parts.postProcessor.spaces();
        PreTokenizer.Words words = (part, from, to) -> {
            out.nextWord();
            parts.model.tokenize(part, from, to, out);
        };
        parts.added.split(source, parts.normalizer, trust, new AddedTokens.Parts() {
            @Override
            public void text(AlignedText part) {
                if (parts.preTokenizer == null) {
                    words.accept(part, 0, part.length);
                } else {
                    parts.preTokenizer.split(part, 0, part.length, words);
                }
            }

            @Override
            public void token(int id, int start, int end) {
                out.nextWord();
                if (spaces.isPresent()) {
                    spaces.get().add(id, text, start, end, out);
                } else {
                    out.add(id, start, end);
                }
            }
        });
        return out.columns(sequence);
    }

    private Encoding finish(List<Columns> texts, EncodeOptions options) {
        List<Columns> result = texts;
        if (options.truncation().isPresent()) {
            int added = parts.postProcessor == null || !options.addSpecialTokens()
                    ? 0
                    : parts.postProcessor.added(texts.size() == 2);
            result = truncate(texts, options.truncation().get(), added);
        }
        if (parts.postProcessor != null) {
            result = parts.postProcessor.process(result, options.addSpecialTokens());
        }
        return Columns.concatenate(result).encoding();
    }

    private static List<Columns> truncate(List<Columns> texts, Truncation truncation, int added) {
        int max = truncation.maxTokens() - added;
        if (max < 0) {
            throw new ArgotException("truncation to " + truncation.maxTokens() + " tokens leaves no room for the "
                    + added + " special tokens; allow at least " + added);
        }
        int total = texts.stream().mapToInt(Columns::size).sum();
        if (total <= max) {
            return texts;
        }
        if (texts.size() == 1) {
            return List.of(truncate(texts.get(0), max, truncation));
        }
        Columns first = texts.get(0);
        Columns second = texts.get(1);
        int excess = total - max;
        return switch (truncation.strategy()) {
            case LONGEST_FIRST -> {
                int shorter = Math.min(first.size(), second.size());
                int longer = shorter > max ? shorter : Math.max(shorter, max - shorter);
                if (shorter + longer > max) {
                    shorter = max / 2;
                    longer = shorter + max % 2;
                }
                boolean firstIsLonger = first.size() > second.size();
                yield List.of(
                        truncate(first, firstIsLonger ? longer : shorter, truncation),
                        truncate(second, firstIsLonger ? shorter : longer, truncation));
            }
            case ONLY_FIRST -> List.of(truncate(first, room(first, excess, "first"), truncation), second);
            case ONLY_SECOND -> List.of(first, truncate(second, room(second, excess, "second"), truncation));
        };
    }

    private static int room(Columns text, int excess, String which) {
        if (text.size() <= excess) {
            throw new ArgotException("truncation must take " + excess + " tokens from the " + which
                    + " text, which has only " + text.size() + "; allow more tokens or cut both texts");
        }
        return text.size() - excess;
    }

    private static Columns truncate(Columns text, int max, Truncation truncation) {
        return text.truncated(max, truncation.stride(), truncation.side() == Truncation.Side.END);
    }

    @Override
    public String decode(int[] ids, boolean skipSpecialTokens) {
        return decode(ids, 0, ids.length, skipSpecialTokens);
    }

    /** The text of the ids {@code from} to {@code to}. */
    String decode(int[] ids, int from, int to, boolean skipSpecialTokens) {
        List<String> tokens = new ArrayList<>(to - from);
        for (int i = from; i < to; i++) {
            int id = ids[i];
            if (id < 0 || id >= vocabularySize()) {
                throw new IllegalArgumentException("token id must be from 0 to " + (vocabularySize() - 1) + ": " + id);
            }
            AddedToken added = parts.added.get(id);
            if (skipSpecialTokens && added != null && added.special()) {
                continue;
            }
            String token = added == null || !added.normalized()
                    ? parts.vocabulary.token(id)
                    : TextNormalizer.apply(parts.normalizer, AlignedText.of(added.content()))
                            .toString();
            if (token != null) {
                tokens.add(token);
            }
        }
        if (parts.decoder == null) {
            return String.join(" ", tokens);
        }
        return tokens.isEmpty() ? "" : String.join("", parts.decoder.decode(tokens));
    }

    @Override
    public StreamDecoder streamDecoder(boolean skipSpecialTokens) {
        return new WindowDecoder(this, skipSpecialTokens);
    }

    @Override
    public int vocabularySize() {
        return parts.vocabulary.limit();
    }

    @Override
    public String token(int id) {
        String token = parts.vocabulary.token(id);
        if (token == null) {
            throw new IllegalArgumentException("no token has the id " + id);
        }
        return token;
    }

    @Override
    public OptionalInt id(String token) {
        int id = parts.vocabulary.id(token);
        return id < 0 ? OptionalInt.empty() : OptionalInt.of(id);
    }

    @Override
    public boolean isSpecial(int id) {
        AddedToken added = parts.added.get(id);
        return added != null && added.special();
    }

    @Override
    public Optional<ChatTemplate> chatTemplate() {
        return Optional.ofNullable(chat);
    }

    @Override
    public byte[] bytes(int id) {
        String token = token(id);
        AddedToken added = parts.added.get(id);
        if (added != null) {
            return added.special() ? new byte[0] : added.content().getBytes(StandardCharsets.UTF_8);
        }
        if (parts.decoder == null) {
            throw new UnsupportedOperationException("this tokenizer puts blanks between its tokens");
        }
        return parts.decoder.bytes(token);
    }

    @Override
    public SpecialTokens specialTokens() {
        return parts.special;
    }
}
