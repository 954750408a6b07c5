package dev.argot.api;

/**
 * Where data comes from, and on what terms it may be passed on.
 *
 * @param id short name that entries refer to, such as {@code "icd-10-cm"}
 * @param title what it is, by whom, of when
 * @param licence an SPDX expression such as {@code "CC-BY-4.0"} or {@code "CC0-1.0"}, or {@code "LicenseRef-public-domain"} for works
 *     without copyright
 */
public record DataSource(String id, String title, String licence) {
    /** Checks that nothing is empty. */
    public DataSource {
        Texts.requireTrimmed("id of a data source", id);
        Texts.requireTrimmed("title of the data source '" + id + "'", title);
        Texts.requireTrimmed("licence of the data source '" + id + "'", licence);
    }
}
