package dev.argot.spi;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * What a plug-in is told, by name. It remembers what was asked for, so that a misspelt setting is found and a report can show the
 * defaults. Not thread-safe.
 */
public final class Settings {
    private final String owner;
    private final Map<String, String> given;
    private final Map<String, String> effective = new LinkedHashMap<>();

    /**
     * Takes settings.
     *
     * @param owner whose they are, for messages, such as {@code "step 'length'"}
     * @param given values by name
     */
    public Settings(String owner, Map<String, String> given) {
        this.owner = owner;
        this.given = new TreeMap<>(given);
    }

    /**
     * A text.
     *
     * @param name name of the setting
     * @param byDefault its value where none is given
     */
    public String text(String name, String byDefault) {
        String value = given.getOrDefault(name, byDefault);
        effective.put(name, value);
        return value;
    }

    /**
     * A whole number.
     *
     * @param name name of the setting
     * @param byDefault its value where none is given
     * @param least the smallest that is allowed
     * @throws IllegalArgumentException if it is not a number or too small
     */
    public int integer(String name, int byDefault, int least) {
        String value = text(name, Integer.toString(byDefault));
        try {
            int number = Integer.parseInt(value);
            if (number >= least) {
                return number;
            }
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException(expected(name, "a whole number of at least " + least, value), e);
        }
        throw new IllegalArgumentException(expected(name, "a whole number of at least " + least, value));
    }

    /**
     * A share.
     *
     * @param name name of the setting
     * @param byDefault its value where none is given, 0 to 1
     * @throws IllegalArgumentException if it is not a number from 0 to 1
     */
    public double share(String name, double byDefault) {
        return number(name, byDefault, 0, 1);
    }

    /**
     * A number.
     *
     * @param name name of the setting
     * @param byDefault its value where none is given
     * @param least the smallest that is allowed
     * @param most the largest that is allowed
     * @throws IllegalArgumentException if it is not a number or out of range
     */
    public double number(String name, double byDefault, double least, double most) {
        String value = text(name, Double.toString(byDefault));
        String range = "a number from " + least + " to " + most;
        try {
            double number = Double.parseDouble(value);
            if (number >= least && number <= most) {
                return number;
            }
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException(expected(name, range, value), e);
        }
        throw new IllegalArgumentException(expected(name, range, value));
    }

    /**
     * Yes or no.
     *
     * @param name name of the setting
     * @param byDefault its value where none is given
     * @throws IllegalArgumentException if it is neither {@code true} nor {@code false}
     */
    public boolean flag(String name, boolean byDefault) {
        String value = text(name, Boolean.toString(byDefault));
        return switch (value) {
            case "true" -> true;
            case "false" -> false;
            default -> throw new IllegalArgumentException(expected(name, "true or false", value));
        };
    }

    /**
     * A list, its parts separated by commas; blanks around them are dropped, empty ones as well.
     *
     * @param name name of the setting
     * @param byDefault its value where none is given
     */
    public List<String> list(String name, List<String> byDefault) {
        String value = text(name, String.join(",", byDefault));
        return Arrays.stream(value.split(",", -1))
                .map(String::strip)
                .filter(part -> !part.isEmpty())
                .toList();
    }

    /**
     * Settings that share the beginning of their names, such as {@code pattern.docket} and {@code pattern.badge}.
     *
     * @param prefix the beginning
     * @return values by the rest of the name, in alphabetical order
     */
    public Map<String, String> startingWith(String prefix) {
        Map<String, String> found = new TreeMap<>();
        given.forEach((name, value) -> {
            if (name.startsWith(prefix) && name.length() > prefix.length()) {
                found.put(name.substring(prefix.length()), value);
                effective.put(name, value);
            }
        });
        return found;
    }

    /** All that was asked for, in that order, with the defaults. */
    public Map<String, String> effective() {
        return Collections.unmodifiableMap(new LinkedHashMap<>(effective));
    }

    /**
     * Checks that all that was given was asked for.
     *
     * @throws IllegalArgumentException if not; the message lists what there is
     */
    public void requireAllKnown() {
        List<String> unknown = new ArrayList<>(given.keySet());
        unknown.removeAll(effective.keySet());
        if (!unknown.isEmpty()) {
            throw new IllegalArgumentException(owner + ": expected the settings " + new TreeSet<>(effective.keySet())
                    + ", found '" + unknown.get(0) + "'");
        }
    }

    private String expected(String name, String what, String found) {
        return owner + ": setting '" + name + "': expected " + what + ", found '" + found + "'";
    }
}
