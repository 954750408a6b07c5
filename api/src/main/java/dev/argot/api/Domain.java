package dev.argot.api;

import dev.argot.api.corpus.CurationRules;
import dev.argot.api.evaluation.Task;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * The language of a trade, as data: its vocabulary with definitions, its abbreviations, a small corpus that shows how it is
 * written, and what a model that speaks it should be able to do. Every piece names its source, and every source its licence.
 *
 * <p>Immutable and thread-safe.
 */
public final class Domain {
    private static final Pattern BLANKS = Pattern.compile("\\s+");

    private final String name;
    private final String title;
    private final Map<String, DataSource> sources;
    private final Map<String, Term> vocabulary;
    private final Map<String, Abbreviation> abbreviations;
    private final Map<String, Document> samples;
    private final Map<String, Task> tasks;
    private final CurationRules curation;

    Domain(DomainBuilder builder) {
        name = builder.name;
        title = builder.title;
        sources = new LinkedHashMap<>(builder.sources);
        vocabulary = new LinkedHashMap<>(builder.vocabulary);
        abbreviations = new LinkedHashMap<>(builder.abbreviations);
        samples = new LinkedHashMap<>(builder.samples);
        tasks = new LinkedHashMap<>(builder.tasks);
        curation = builder.curation;
    }

    /**
     * Begins a domain.
     *
     * @param name short, stable, lower-case, such as {@code "legal"}: letters, digits and hyphens
     * @param title the name for a reader, such as {@code "Law (United States)"}
     * @throws IllegalArgumentException if the name has other characters, or the title is empty
     */
    public static DomainBuilder builder(String name, String title) {
        return new DomainBuilder(name, title);
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

    /** What a model of this domain should be able to do, in the order of the data. */
    public List<Task> tasks() {
        return List.copyOf(tasks.values());
    }

    /**
     * Looks a task up.
     *
     * @param task its name
     */
    public Optional<Task> task(String task) {
        return Optional.ofNullable(tasks.get(task));
    }

    /** How documents are chosen and cleaned for this domain, where nothing else is asked for. */
    public CurationRules curation() {
        return curation;
    }

    @Override
    public String toString() {
        return "Domain[" + name + ": " + vocabulary.size() + " terms, " + abbreviations.size() + " abbreviations, "
                + samples.size() + " sample documents, " + tasks.size() + " tasks]";
    }

    static String key(String text) {
        return BLANKS.matcher(text.strip()).replaceAll(" ").toLowerCase(Locale.ROOT);
    }
}
