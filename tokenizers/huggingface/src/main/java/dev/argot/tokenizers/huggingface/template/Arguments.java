package dev.argot.tokenizers.huggingface.template;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Arguments of a call.
 *
 * @param positional in order
 * @param named by name
 */
record Arguments(List<Value> positional, Map<String, Value> named) {
    static final Arguments NONE = new Arguments(List.of(), Map.of());

    /**
     * Checks what is called against what it takes.
     *
     * @param what its name, for messages
     * @param required how many of the names must be there
     * @param names what it takes, in order
     */
    Arguments check(String what, int required, String... names) {
        if (positional.size() > names.length) {
            throw new TemplateError(what + " takes " + names.length + " arguments at most, found " + positional.size());
        }
        for (String name : named.keySet()) {
            if (!List.of(names).contains(name)) {
                throw new TemplateError(what + " takes no argument '" + name + "'");
            }
        }
        var all = new LinkedHashMap<String, Value>(named);
        for (int i = 0; i < positional.size(); i++) {
            if (all.put(names[i], positional.get(i)) != null) {
                throw new TemplateError(what + " has the argument '" + names[i] + "' twice");
            }
        }
        for (int i = 0; i < required; i++) {
            if (!all.containsKey(names[i])) {
                throw new TemplateError(what + " needs the argument '" + names[i] + "'");
            }
        }
        return new Arguments(List.of(), all);
    }

    Optional<Value> find(String name) {
        return Optional.ofNullable(named.get(name));
    }

    Value get(String name) {
        return find(name).orElseThrow(() -> new TemplateError("the argument '" + name + "' is missing"));
    }

    Text text(String name) {
        if (get(name) instanceof Text text) {
            return text;
        }
        throw wrong(name, "a string");
    }

    Text text(String name, String absent) {
        return find(name).isPresent() ? text(name) : Text.own(absent);
    }

    long whole(String name, long absent) {
        return switch (find(name).orElse(new Value.Whole(absent))) {
            case Value.Whole whole -> whole.value();
            default -> throw wrong(name, "a whole number");
        };
    }

    boolean flag(String name) {
        return find(name).map(Value::isTrue).orElse(false);
    }

    private TemplateError wrong(String name, String expected) {
        return new TemplateError("the argument '" + name + "' must be " + expected + ", found "
                + get(name).kind());
    }
}
