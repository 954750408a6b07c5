package dev.argot.tokenizers.huggingface.template;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** What a template computes with. There is nothing else, so nothing of the JVM is in a template's reach. */
sealed interface Value
        permits Text,
                Value.Whole,
                Value.Real,
                Value.Truth,
                Value.None,
                Value.Undefined,
                Value.Sequence,
                Value.Stream,
                Value.Mapping,
                Value.Namespace,
                Value.Loop,
                Value.Callable {
    /** A whole number. */
    record Whole(long value) implements Value {}

    /** A number with a fraction. */
    record Real(double value) implements Value {}

    /** True or false. */
    enum Truth implements Value {
        /** True. */
        TRUE,
        /** False. */
        FALSE;

        static Truth of(boolean value) {
            return value ? TRUE : FALSE;
        }
    }

    /** Python's {@code None}. */
    enum None implements Value {
        /** The only one. */
        NONE
    }

    /**
     * What was looked up in vain.
     *
     * @param name what it was looked up by
     */
    record Undefined(String name) implements Value {}

    /**
     * A list or what Python has like it.
     *
     * @param items what it holds; not changed
     * @param form which of them
     */
    record Sequence(List<Value> items, Form form) implements Value {
        /**
         * A list.
         *
         * @param items what it holds
         */
        Sequence(List<Value> items) {
            this(items, Form.LIST);
        }

        static Sequence tuple(Value... items) {
            return new Sequence(List.of(items), Form.TUPLE);
        }

        /** Kinds, told apart by what surrounds them as text. */
        enum Form {
            /** A list. */
            LIST("[", "]"),
            /** A tuple. */
            TUPLE("(", ")"),
            /** The keys of a mapping. */
            KEYS("dict_keys([", "])"),
            /** The values of a mapping. */
            VALUES("dict_values([", "])"),
            /** The entries of a mapping. */
            ITEMS("dict_items([", "])");

            private final String open;
            private final String close;

            Form(String open, String close) {
                this.open = open;
                this.close = close;
            }

            String open() {
                return open;
            }

            String close() {
                return close;
            }
        }

        /** Whether its items have numbers. */
        boolean isIndexed() {
            return form == Form.LIST || form == Form.TUPLE;
        }
    }

    /** What can be run through once, as many filters give; Python's generator. */
    final class Stream implements Value {
        private final java.util.Iterator<Value> rest;

        /**
         * A stream.
         *
         * @param items of these
         */
        Stream(List<Value> items) {
            rest = items.iterator();
        }

        /** The next item, gone from here on. */
        Optional<Value> next() {
            return rest.hasNext() ? Optional.of(rest.next()) : Optional.empty();
        }

        /** All that is left, gone from here on. */
        List<Value> rest() {
            var items = new ArrayList<Value>();
            rest.forEachRemaining(items::add);
            return items;
        }
    }

    /**
     * A dictionary.
     *
     * @param entries in order; not changed
     */
    record Mapping(Map<Value, Value> entries) implements Value {
        Value get(String key) {
            return entries.getOrDefault(Text.own(key), new Undefined(key));
        }
    }

    /**
     * {@code namespace()}, the only thing whose attributes a template can set.
     *
     * @param attributes by name
     */
    record Namespace(Map<String, Value> attributes) implements Value {
        /** The name, if an attribute may have it. */
        static String checked(String name) {
            if (name.startsWith("_")) {
                throw new TemplateError("the attribute '" + name + "' of a namespace begins with an underscore");
            }
            return name;
        }
    }

    /**
     * {@code loop}: where a loop is.
     *
     * @param items all of it
     * @param index from 0
     * @param depth of loops, from 0
     * @param seen what {@code loop.changed} was told last
     */
    record Loop(List<Value> items, int index, int depth, List<Value> seen) implements Value {}

    /**
     * A macro, method or function.
     *
     * @param name its name
     * @param function what it does
     */
    record Callable(String name, Function function) implements Value {
        /** What it does. */
        @FunctionalInterface
        interface Function {
            Value call(Arguments arguments);
        }
    }

    /** A value of what an application hands in; its strings come from outside. */
    static Value of(@Nullable Object object) {
        return of(object, true);
    }

    /**
     * A value of what an application hands in.
     *
     * @param foreign whether its strings come from outside
     */
    static Value of(@Nullable Object object, boolean foreign) {
        return switch (object) {
            case null -> None.NONE;
            case Value value -> value;
            case JinjaTemplate.Own own -> of(own.value(), false);
            case String text -> foreign ? Text.foreign(text) : Text.own(text);
            case Boolean truth -> Truth.of(truth);
            case Integer number -> new Whole(number);
            case Long number -> new Whole(number);
            case Double number -> new Real(number);
            case List<?> list -> {
                var items = new ArrayList<Value>();
                for (Object item : list) {
                    items.add(of(item, foreign));
                }
                yield new Sequence(items);
            }
            case Map<?, ?> map -> {
                var entries = new LinkedHashMap<Value, Value>();
                map.forEach((key, item) -> entries.put(of(key, foreign), of(item, foreign)));
                yield new Mapping(entries);
            }
            default ->
                throw new TemplateError(
                        "an argument must be made of strings, numbers, booleans, null, lists and maps; found "
                                + object.getClass().getSimpleName());
        };
    }

    /** Python's {@code bool(value)}. */
    default boolean isTrue() {
        return switch (this) {
            case Text text -> !text.isEmpty();
            case Whole whole -> whole.value() != 0;
            case Real real -> real.value() != 0;
            case Truth truth -> truth == Truth.TRUE;
            case None none -> false;
            case Undefined undefined -> false;
            case Sequence sequence -> !sequence.items().isEmpty();
            case Mapping mapping -> !mapping.entries().isEmpty();
            case Stream stream -> true;
            case Namespace namespace -> true;
            case Loop loop -> true;
            case Callable callable -> true;
        };
    }

    /** Python's {@code str(value)}; nothing for what is undefined. */
    default Text text() {
        return switch (this) {
            case Text text -> text;
            case Undefined undefined -> Text.EMPTY;
            default -> {
                var result = new Text.Builder();
                Representation.write(this, result);
                yield result.build();
            }
        };
    }

    /** What it is, for messages. */
    default String kind() {
        return switch (this) {
            case Text text -> "a string";
            case Whole whole -> "a number";
            case Real real -> "a number";
            case Truth truth -> "a truth value";
            case None none -> "none";
            case Undefined undefined -> "'" + undefined.name() + "', which is undefined";
            case Sequence sequence -> "a list";
            case Stream stream -> "a stream of values";
            case Mapping mapping -> "a mapping";
            case Namespace namespace -> "a namespace";
            case Loop loop -> "a loop";
            case Callable callable -> "the function " + callable.name();
        };
    }
}
