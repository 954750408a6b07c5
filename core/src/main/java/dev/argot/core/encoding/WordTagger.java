package dev.argot.core.encoding;

import dev.argot.api.ContextLengthException;
import dev.argot.api.EncodeOptions;
import dev.argot.api.Encoding;
import dev.argot.api.TokenClassifier.Entity;
import dev.argot.api.Tokenizer;
import dev.argot.core.encoding.WordEncoder.Words;
import dev.argot.core.evaluation.Entities;
import dev.argot.spi.CompiledModel;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Tags words by their first tokens and joins tags to entities. Long texts are read in windows that overlap; a word's tag comes from the
 * window in which more tokens stand around it. Reference: the token-classification pipeline of Hugging Face with the strategy "first".
 * Thread-safe.
 */
public final class WordTagger {
    /** Tokens that windows have in common; fewer where they are short. */
    private static final int OVERLAP = 128;

    private final CompiledModel model;
    private final Tokenizer tokenizer;
    private final int contextLength;
    private final List<String> labels;

    /**
     * A tagger.
     *
     * @param model a model whose {@code logits} are [B, T, labels]
     * @param tokenizer its tokenizer
     * @param contextLength the most tokens it reads
     * @param labels names of the tags
     */
    public WordTagger(CompiledModel model, Tokenizer tokenizer, int contextLength, List<String> labels) {
        this.model = model;
        this.tokenizer = tokenizer;
        this.contextLength = contextLength;
        this.labels = labels;
    }

    /** A tag and its probability. */
    private record Tag(String label, double score) {}

    /**
     * Tags texts split into words.
     *
     * @param texts the words of each untrusted text
     * @return a tag for each word; a word without tokens has the tag {@code O}, or the first where there is none of that name
     */
    public List<List<String>> tag(List<List<String>> texts) {
        var encoder = new WordEncoder(tokenizer);
        return tags(texts.parallelStream().map(encoder::encode).toList()).stream()
                .map(tags -> tags.stream().map(Tag::label).toList())
                .toList();
    }

    /**
     * Finds entities in texts.
     *
     * @param texts untrusted texts
     */
    public List<List<Entity>> entities(List<String> texts) {
        List<Encoding> encodings = texts.parallelStream()
                .map(text -> tokenizer.encode(text, EncodeOptions.PLAIN))
                .toList();
        List<List<Tag>> tags = tags(encodings.stream()
                .map(encoding -> new Words(encoding.ids(), firsts(encoding)))
                .toList());
        var found = new ArrayList<List<Entity>>();
        for (int i = 0; i < texts.size(); i++) {
            found.add(entities(texts.get(i), encodings.get(i), tags.get(i)));
        }
        return found;
    }

    private static int[] firsts(Encoding encoding) {
        var firsts = new ArrayList<Integer>();
        for (int i = 0; i < encoding.size(); i++) {
            if (i == 0 || encoding.wordId(i) != encoding.wordId(i - 1)) {
                firsts.add(i);
            }
        }
        return firsts.stream().mapToInt(Integer::intValue).toArray();
    }

    private static List<Entity> entities(String text, Encoding encoding, List<Tag> tags) {
        int[] firsts = firsts(encoding);
        var found = new ArrayList<Entity>();
        List<String> labels = tags.stream().map(tag -> inside(tag.label())).toList();
        for (Entities.Entity entity : Entities.of(labels)) {
            int start = encoding.start(firsts[entity.start()]);
            int end = encoding.end((entity.end() < firsts.length ? firsts[entity.end()] : encoding.size()) - 1);
            while (start < end && Character.isWhitespace(text.charAt(start))) { // which some tokenizers count to the word
                start++;
            }
            double score = tags.subList(entity.start(), entity.end()).stream()
                    .mapToDouble(Tag::score)
                    .average()
                    .orElseThrow();
            found.add(new Entity(entity.type(), text.substring(start, end), start, end, score));
        }
        return List.copyOf(found);
    }

    /** A label that does not say where in an entity the word stands goes on with the one before, as {@code I-X} does. */
    private static String inside(String label) {
        return label.equals("O") || label.matches("[BIES]-.+") ? label : "I-" + label;
    }

    /** The tags of each text's words. */
    private List<List<Tag>> tags(List<Words> texts) {
        var frame = new Frame(tokenizer);
        int room = contextLength - frame.size();
        if (room < 1) {
            throw new ContextLengthException(
                    "The context holds " + contextLength + " tokens, which " + frame.size() + " special ones fill.",
                    frame.size(),
                    contextLength);
        }
        var windows = new ArrayList<Window>();
        var rows = new ArrayList<TokenRow>();
        for (int text = 0; text < texts.size(); text++) {
            int[] ids = texts.get(text).ids();
            for (Window window : Window.over(text, ids.length, room)) {
                windows.add(window);
                rows.add(frame.around(Arrays.copyOfRange(ids, window.from(), window.to())));
            }
        }
        var tags = new ArrayList<Tag[]>();
        texts.forEach(text -> tags.add(new Tag[text.firsts().length]));
        int pad = tokenizer.specialTokens().pad().orElse(0);
        TokenBatches.run(model, pad, rows, List.of("logits"), (batch, outputs) -> {
            float[] logits = TokenBatches.floats(outputs, "logits");
            int width = logits.length / batch.length / labels.size();
            for (int i = 0; i < batch.length; i++) {
                Window window = windows.get(batch[i]);
                int[] firsts = texts.get(window.text()).firsts();
                Tag[] target = tags.get(window.text());
                for (int word = 0; word < firsts.length; word++) {
                    int first = firsts[word];
                    if (first >= window.owned() && first < window.ownedEnd()) {
                        int at = (i * width + frame.before() + first - window.from()) * labels.size();
                        double[] scores = ClassScores.softmax(logits, at, labels.size());
                        int best = ClassScores.best(scores);
                        target[word] = new Tag(labels.get(best), scores[best]);
                    }
                }
            }
        });
        var none = new Tag(labels.contains("O") ? "O" : labels.get(0), 1);
        return tags.stream()
                .map(row -> Arrays.stream(row)
                        .map(tag -> tag == null ? none : tag)
                        .toList())
                .toList();
    }

    /**
     * A part of a text's tokens that is read at once.
     *
     * @param text number of the text
     * @param from its first token
     * @param to behind its last token
     * @param owned the first token whose tag it says
     * @param ownedEnd behind the last of them
     */
    private record Window(int text, int from, int to, int owned, int ownedEnd) {
        /** Windows of a text; an overlap is shared between the two. */
        static List<Window> over(int text, int tokens, int room) {
            var windows = new ArrayList<Window>();
            int step = room - Math.min(OVERLAP, room / 2);
            int owned = 0;
            for (int from = 0; owned < tokens; from += step) {
                int to = Math.min(tokens, from + room);
                int end = to == tokens ? tokens : from + step + (room - step) / 2;
                windows.add(new Window(text, from, to, owned, end));
                owned = end;
            }
            return windows;
        }
    }
}
