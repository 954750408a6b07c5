package dev.argot.api;

import dev.argot.api.corpus.CurationRules;
import dev.argot.api.evaluation.Task;
import dev.argot.api.prompt.AnswerFormat;
import dev.argot.api.prompt.Example;
import dev.argot.api.prompt.PromptTemplate;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.regex.Pattern;

/**
 * Makes a {@link Domain}, and checks that its parts fit together. A domain that is made while a program runs is as good as one that a
 * plug-in brings along: a glossary and a few exemplars are enough.
 *
 * {@snippet class="dev.argot.conformance.Snippets" region="glossary"}
 *
 * <p>Not thread-safe.
 */
public final class DomainBuilder {
    /** The licence of what was given without one: nothing is said about it, in the words of SPDX. */
    public static final String NO_LICENCE = "NOASSERTION";

    /** The name of the task that {@link #exemplar} adds to. */
    public static final String QUESTIONS = "questions";

    private static final Pattern NAME = Pattern.compile("[a-z][a-z0-9-]*");
    private static final String EXEMPLARS = "exemplars";
    private static final PromptTemplate QUESTION = PromptTemplate.of("Question: {{question}}\nAnswer: {{answer}}");
    private static final int ANSWER_TOKENS = 64;

    final String name;
    final String title;
    final Map<String, DataSource> sources = new LinkedHashMap<>();
    final Map<String, Term> vocabulary = new LinkedHashMap<>();
    final Map<String, Abbreviation> abbreviations = new LinkedHashMap<>();
    final Map<String, Document> samples = new LinkedHashMap<>();
    final Map<String, Task> tasks = new LinkedHashMap<>();
    CurationRules curation = CurationRules.DEFAULT;

    DomainBuilder(String name, String title) {
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
    public DomainBuilder source(DataSource source) {
        putNew("source", sources, source.id(), source);
        return this;
    }

    /**
     * Adds a term.
     *
     * @param term the term
     * @throws IllegalArgumentException if its source is missing, or the term is there already, apart from case and spacing
     */
    public DomainBuilder term(Term term) {
        requireSource("term '" + term.text() + "'", term.source());
        putNew("term", vocabulary, Domain.key(term.text()), term);
        return this;
    }

    /**
     * Adds the terms of a glossary of your own, of which no licence is known: see {@link #glossary(Path, DataSource)}. Its source is
     * named by the file.
     *
     * @param file the glossary
     */
    public DomainBuilder glossary(Path file) {
        String title = Objects.requireNonNullElse(file.getFileName(), file).toString();
        return glossary(file, new DataSource(title, title, NO_LICENCE));
    }

    /**
     * Adds the terms of a glossary: a text file in UTF-8, in which the first line names the columns, each other line is an entry. Where the
     * first line has a tab, the fields are separated by tabs; otherwise by commas, and a field may be enclosed in double quotes, as RFC
     * 4180 says. The column {@code term} is required, {@code definition} and {@code category} may be there (a category that is missing is
     * {@code "term"}); others are passed over, as are empty lines.
     *
     * @param file the glossary
     * @param source where it comes from, and its licence; added unless it is there
     * @throws FileFormatException if the file is missing or malformed, or has a term twice; the message names it, the line, what was
     *     expected and what was found. Nothing of the file is added then
     */
    public DomainBuilder glossary(Path file, DataSource source) {
        List<Glossary.Entry> entries = Glossary.read(file, source.id());
        var added = new LinkedHashMap<String, Term>();
        for (Glossary.Entry entry : entries) {
            String key = Domain.key(entry.term().text());
            if (vocabulary.containsKey(key) || added.putIfAbsent(key, entry.term()) != null) {
                throw new FileFormatException(
                        file,
                        "line " + entry.line() + ": expected a new term, found '"
                                + entry.term().text() + "', which is there already");
            }
        }
        DataSource known = sources.putIfAbsent(source.id(), source);
        if (known != null && !known.equals(source)) {
            throw new IllegalArgumentException(
                    "the domain '" + name + "' has the source '" + source.id() + "' already, as " + known);
        }
        vocabulary.putAll(added);
        return this;
    }

    /**
     * Adds an abbreviation.
     *
     * @param abbreviation the abbreviation
     * @throws IllegalArgumentException if its source is missing, or the abbreviation is there already (apart from case, where its case
     *     does not matter)
     */
    public DomainBuilder abbreviation(Abbreviation abbreviation) {
        requireSource("abbreviation '" + abbreviation.text() + "'", abbreviation.source());
        String key = abbreviation.matchCase() ? abbreviation.text() : Domain.key(abbreviation.text());
        putNew("abbreviation", abbreviations, key, abbreviation);
        return this;
    }

    /**
     * Adds a document to the sample corpus.
     *
     * @param document the document; its source is the id of one of this domain's
     * @throws IllegalArgumentException if its source is missing, its licence is not the source's, or there is one of this id
     */
    public DomainBuilder sample(Document document) {
        DataSource source = requireSource("document '" + document.id() + "'", document.source());
        if (!source.licence().equals(document.licence())) {
            throw new IllegalArgumentException("document '" + document.id() + "': expected the licence of its source, "
                    + source.licence() + ", found '" + document.licence() + "'");
        }
        putNew("document", samples, document.id(), document);
        return this;
    }

    /**
     * Adds a task.
     *
     * @param task the task
     * @throws IllegalArgumentException if its source is missing, or there is one of this name
     */
    public DomainBuilder task(Task task) {
        requireSource("task '" + task.name() + "'", task.source());
        putNew("task", tasks, task.name(), task);
        return this;
    }

    /**
     * Adds an exemplar to the task {@link #QUESTIONS}, which lays a prompt out as <i>Question: … Answer: …</i> and has nothing to measure
     * on. For another layout, or with items to measure on, add a {@link #task}.
     *
     * @param question a question as users of the domain ask it
     * @param answer its answer
     */
    public DomainBuilder exemplar(String question, String answer) {
        Texts.requireTrimmed("question of an exemplar", question);
        Texts.requireTrimmed("answer to '" + question + "'", answer);
        sources.putIfAbsent(
                EXEMPLARS, new DataSource(EXEMPLARS, "exemplars given to the domain '" + name + "'", NO_LICENCE));
        Task known = tasks.get(QUESTIONS);
        var exemplars = new ArrayList<>(known == null ? List.of() : known.exemplars());
        exemplars.add(new Example("exemplar-" + (exemplars.size() + 1), Map.of("question", question), answer));
        tasks.put(
                QUESTIONS,
                new Task(
                        QUESTIONS,
                        "Questions of the domain",
                        known == null ? new AnswerFormat.Text(ANSWER_TOKENS) : known.answer(),
                        known == null ? QUESTION : known.template(),
                        exemplars,
                        known == null ? List.of() : known.training(),
                        known == null ? List.of() : known.items(),
                        known == null ? EXEMPLARS : known.source()));
        return this;
    }

    /**
     * Sets how documents are chosen and cleaned; default: {@link CurationRules#DEFAULT}.
     *
     * @param rules the steps
     */
    public DomainBuilder curation(CurationRules rules) {
        curation = rules;
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
            throw new IllegalArgumentException("the domain '" + name + "' has the " + what + " '" + key + "' twice");
        }
    }
}
