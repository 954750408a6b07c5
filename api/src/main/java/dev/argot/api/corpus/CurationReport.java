package dev.argot.api.corpus;

import java.time.Duration;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * What a curation did: a funnel from the documents read to those kept. The numbers are the same on every machine and with any number of
 * threads, {@link #elapsed} apart.
 *
 * @param domain name of the domain; empty where there was none
 * @param in what was read
 * @param out what was kept
 * @param steps the steps in order: what one puts out is what the next takes in
 * @param sources what was kept by source, the largest first
 * @param licences what was kept by licence, the largest first; the key is empty where it is unknown
 * @param tokenizer whether tokens were counted
 * @param seed the seed of the spec
 * @param elapsed wall time, reading and writing included
 */
public record CurationReport(
        Optional<String> domain,
        Amount in,
        Amount out,
        List<Step> steps,
        Map<String, Amount> sources,
        Map<String, Amount> licences,
        boolean tokenizer,
        long seed,
        Duration elapsed) {
    /** Copies the collections, in their order. */
    public CurationReport {
        steps = List.copyOf(steps);
        sources = Collections.unmodifiableMap(new LinkedHashMap<>(sources));
        licences = Collections.unmodifiableMap(new LinkedHashMap<>(licences));
    }

    /**
     * The share of the characters that was kept, 0 to 1; 0 where nothing was read. Of raw web text the literature keeps 1–3 % (Penedo et
     * al. 2023), of a clean corpus nearly all should be kept.
     */
    public double keptShare() {
        return in.characters == 0 ? 0 : (double) out.characters / in.characters;
    }

    /** Megabytes (10⁶ bytes) of UTF-8 text read in a second. */
    public double megabytesPerSecond() {
        double seconds = elapsed.toNanos() / 1e9;
        return seconds == 0 ? 0 : in.bytes / 1e6 / seconds;
    }

    /**
     * The report as one JSON object, its keys the names of the components in this class and of {@code keptShare} and {@code
     * megabytesPerSecond}; what is empty is left out, {@code elapsed} is {@code elapsedSeconds}.
     */
    public String toJson() {
        JsonText json = new JsonText().begin();
        domain.ifPresent(name -> json.field("domain", name));
        json.key("in").value(in).key("out").value(out);
        json.field("keptShare", keptShare());
        json.key("steps").beginList();
        for (Step step : steps) {
            json.begin().field("name", step.name);
            json.key("settings").begin();
            step.settings.forEach(json::field);
            json.end().key("in").value(step.in).key("out").value(step.out);
            json.field("changed", step.changed);
            json.key("dropped").begin();
            step.dropped.forEach(json::field);
            json.end().key("counts").begin();
            step.counts.forEach(json::field);
            json.end().key("examples").beginList();
            for (Example example : step.examples) {
                json.begin()
                        .field("id", example.id)
                        .field("reason", example.reason)
                        .field("detail", example.detail)
                        .field("excerpt", example.excerpt)
                        .end();
            }
            json.endList().field("note", step.note).end();
        }
        json.endList().key("sources").begin();
        sources.forEach((name, amount) -> json.key(name).value(amount));
        json.end().key("licences").begin();
        licences.forEach((name, amount) -> json.key(name).value(amount));
        json.end();
        return json.field("seed", seed)
                .field("elapsedSeconds", elapsed.toNanos() / 1e9)
                .field("megabytesPerSecond", megabytesPerSecond())
                .end()
                .toString();
    }

    /**
     * How much text.
     *
     * @param documents number of documents
     * @param characters their length in UTF-16 units
     * @param bytes their length in UTF-8
     * @param tokens their length in tokens, special ones apart; empty where not counted
     */
    public record Amount(long documents, long characters, long bytes, OptionalLong tokens) {}

    /**
     * What one step did.
     *
     * @param name name of the step
     * @param settings all its settings, those with their defaults included
     * @param in what it got
     * @param out what it let pass, as it changed it
     * @param changed number of documents it changed
     * @param dropped number of documents it dropped by reason
     * @param counts what it counted over all documents, such as the e-mail addresses it masked
     * @param examples some of what it dropped, chosen by the seed
     * @param note what is to be known of it, such as the similarity of near-duplicates; may be empty
     */
    public record Step(
            String name,
            Map<String, String> settings,
            Amount in,
            Amount out,
            long changed,
            Map<String, Long> dropped,
            Map<String, Long> counts,
            List<Example> examples,
            String note) {
        /** Copies the collections, in their order. */
        public Step {
            settings = Collections.unmodifiableMap(new LinkedHashMap<>(settings));
            dropped = Collections.unmodifiableMap(new LinkedHashMap<>(dropped));
            counts = Collections.unmodifiableMap(new LinkedHashMap<>(counts));
            examples = List.copyOf(examples);
        }
    }

    /**
     * A document that was dropped.
     *
     * @param id its id
     * @param reason the reason, as in {@link Step#dropped}
     * @param detail what was found and what was expected
     * @param excerpt how it begins, on one line
     */
    public record Example(String id, String reason, String detail, String excerpt) {}
}
