package dev.argot.api.corpus;

import dev.argot.api.corpus.CurationReport.Amount;
import java.util.Locale;

/** Writes JSON. */
final class JsonText {
    private final StringBuilder text = new StringBuilder();
    private boolean first = true;

    JsonText begin() {
        return open('{');
    }

    JsonText end() {
        return close('}');
    }

    JsonText beginList() {
        return open('[');
    }

    JsonText endList() {
        return close(']');
    }

    JsonText key(String name) {
        separate();
        quote(name);
        text.append(':');
        first = true;
        return this;
    }

    JsonText field(String name, String value) {
        key(name);
        quote(value);
        first = false;
        return this;
    }

    JsonText field(String name, long value) {
        key(name);
        text.append(value);
        first = false;
        return this;
    }

    JsonText field(String name, double value) {
        key(name);
        text.append(value);
        first = false;
        return this;
    }

    JsonText value(Amount amount) {
        begin().field("documents", amount.documents())
                .field("characters", amount.characters())
                .field("bytes", amount.bytes());
        amount.tokens().ifPresent(tokens -> field("tokens", tokens));
        return end();
    }

    private JsonText open(char bracket) {
        separate();
        text.append(bracket);
        first = true;
        return this;
    }

    private JsonText close(char bracket) {
        text.append(bracket);
        first = false;
        return this;
    }

    private void separate() {
        if (!first) {
            text.append(',');
        }
        first = false;
    }

    private void quote(String value) {
        text.append('"');
        for (int i = 0; i < value.length(); i++) {
            char c = value.charAt(i);
            switch (c) {
                case '"', '\\' -> text.append('\\').append(c);
                case '\n' -> text.append("\\n");
                default -> {
                    if (c < ' ' || Character.isSurrogate(c)) {
                        text.append(String.format(Locale.ROOT, "\\u%04x", (int) c));
                    } else {
                        text.append(c);
                    }
                }
            }
        }
        text.append('"');
    }

    @Override
    public String toString() {
        return text.toString();
    }
}
