package dev.argot.api;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * The language of a trade, as data: its vocabulary with definitions, its abbreviations, and a small corpus that shows how it is
 * written. Every piece names its source, and every source its licence.
 *
 * <p>Immutable and thread-safe.
 */
public final class Domain {
    private static final Pattern NAME = Pattern.compile("[a-z][a-z0-9-]*");
    private static final Pattern BLANKS = Pattern.compile("\\s+");

    private final String name;
    private final String title;
    private final Map<String, DataSource> sources;
    private final Map<String, Term> vocabulary;
    private final Map<String, Abbreviation> abbreviations;
    private final Map<String, Document> samples;

    private Domain(Builder builder) {
        name = builder.name;
        title = builder.title;
        sources = new LinkedHashMap<>(builder.sources);
        vocabulary = new LinkedHashMap<>(builder.vocabulary);
        abbreviations = new LinkedHashMap<>(builder.abbreviations);
        samples = new LinkedHashMap<>(builder.samples);
    }

    /**
     * Begins a domain.
     *
     * @param name short, stable, lower-case, such as {@code "legal"}: letters, digits and hyphens
     * @param title the name for a reader, such as {@code "Law (United States)"}
     * @throws IllegalArgumentException if the name has other characters, or the title is empty
     */
    public static Builder builder(String name, String title) {
        return new Builder(name, title);
    }

    /** Short, stable, lower-case name. */
    public String name() {
        return name;
    }

    /** The name for a reader. */
    public String title() {
        return title;
    }

    /** Where the data comes from, and on what terms. */
    public List<DataSource> sources() {
        return List.copyOf(sources.values());
    }

    /** The terms, in the order of the data. */
    public List<Term> vocabulary() {
        return List.copyOf(vocabulary.values());
    }

    /**
     * Looks a term up, whatever its case and spacing.
     *
     * @param text the term
     */
    public Optional<Term> term(String text) {
        return Optional.ofNullable(vocabulary.get(key(text)));
    }

    /** The abbreviations, in the order of the data. */
    public List<Abbreviation> abbreviations() {
        return List.copyOf(abbreviations.values());
    }

    /**
     * Looks an abbreviation up: in exactly this spelling, else in any case where its case does not matter.
     *
     * @param text the abbreviation
     */
    public Optional<Abbreviation> abbreviation(String text) {
        Abbreviation exact = abbreviations.get(text);
        if (exact != null) {
            return Optional.of(exact);
        }
        return Optional.ofNullable(abbreviations.get(key(text))).filter(found -> !found.matchCase());
    }

    /** A small corpus of the domain, which may be passed on; empty where the domain has none. */
    public List<Document> samples() {
        return List.copyOf(samples.values());
    }

    @Override
    public String toString() {
        return "Domain[" + name + ": " + vocabulary.size() + " terms, " + abbreviations.size() + " abbreviations, "
                + samples.size() + " sample documents]";
    }

    private static String key(String text) {
        return BLANKS.matcher(text.strip()).replaceAll(" ").toLowerCase(Locale.ROOT);
    }

    /** Collects the parts of a domain and checks that they fit together. Not thread-safe. */
    public static final class Builder {
        private final String name;
        private final String title;
        private final Map<String, DataSource> sources = new LinkedHashMap<>();
        private final Map<String, Term> vocabulary = new LinkedHashMap<>();
        private final Map<String, Abbreviation> abbreviations = new LinkedHashMap<>();
        private final Map<String, Document> samples = new LinkedHashMap<>();

        private Builder(String name, String title) {
            if (!NAME.matcher(name).matches()) {
                throw new IllegalArgumentException("name of a domain: expected lower-case letters, digits and hyphens ("
                        + NAME + "), found '" + name + "'");
            }
            Texts.requireTrimmed("title of the domain '" + name + "'", title);
            this.name = name;
            this.title = title;
        }

        /**
         * Adds a source; it must come before what refers to it.
         *
         * @param source the source
         * @throws IllegalArgumentException if there is one of this id
         */
        public Builder source(DataSource source) {
            putNew("source", sources, source.id(), source);
            return this;
        }

        /**
         * Adds a term.
         *
         * @param term the term
         * @throws IllegalArgumentException if its source is missing, or the term is there already, apart from case and spacing
         */
        public Builder term(Term term) {
            requireSource("term '" + term.text() + "'", term.source());
            putNew("term", vocabulary, key(term.text()), term);
            return this;
        }

        /**
         * Adds an abbreviation.
         *
         * @param abbreviation the abbreviation
         * @throws IllegalArgumentException if its source is missing, or the abbreviation is there already (apart from case, where its
         *     case does not matter)
         */
        public Builder abbreviation(Abbreviation abbreviation) {
            requireSource("abbreviation '" + abbreviation.text() + "'", abbreviation.source());
            String key = abbreviation.matchCase() ? abbreviation.text() : key(abbreviation.text());
            putNew("abbreviation", abbreviations, key, abbreviation);
            return this;
        }

        /**
         * Adds a document to the sample corpus.
         *
         * @param document the document; its source is the id of one of this domain's
         * @throws IllegalArgumentException if its source is missing, its licence is not the source's, or there is one of this id
         */
        public Builder sample(Document document) {
            DataSource source = requireSource("document '" + document.id() + "'", document.source());
            if (!source.licence().equals(document.licence())) {
                throw new IllegalArgumentException(
                        "document '" + document.id() + "': expected the licence of its source, " + source.licence()
                                + ", found '" + document.licence() + "'");
            }
            putNew("document", samples, document.id(), document);
            return this;
        }

        /** The domain. */
        public Domain build() {
            return new Domain(this);
        }

        private DataSource requireSource(String what, String id) {
            DataSource source = sources.get(id);
            if (source == null) {
                throw new IllegalArgumentException(what + ": expected one of the sources "
                        + new ArrayList<>(sources.keySet()) + " of the domain '" + name + "', found '" + id + "'");
            }
            return source;
        }

        private <T> void putNew(String what, Map<String, T> map, String key, T value) {
            if (map.putIfAbsent(key, value) != null) {
                throw new IllegalArgumentException(
                        "the domain '" + name + "' has the " + what + " '" + key + "' twice");
            }
        }
    }
}
