package dev.argot.engine.gpu;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The functions written once for all programs ({@code functions.torchscript}); a program gets those it calls. */
final class Functions {
    private static final Pattern FUNCTION = Pattern.compile("^(?=  def )", Pattern.MULTILINE);
    private static final Pattern NAME = Pattern.compile("  def (\\w+)\\(");
    private static final Pattern CALL = Pattern.compile("self\\.(\\w+)\\(");

    private Functions() {}

    /**
     * A whole program.
     *
     * @param methods its own methods
     */
    static String program(String methods) {
        Map<String, String> library = library();
        var used = new TreeSet<String>();
        var open = new ArrayDeque<String>();
        open.push(methods);
        while (!open.isEmpty()) {
            Matcher calls = CALL.matcher(open.pop());
            while (calls.find()) {
                String function = library.get(calls.group(1));
                if (function != null && used.add(calls.group(1))) {
                    open.push(function);
                }
            }
        }
        var text = new StringBuilder(
                "class Program(Module):\n  __parameters__ = []\n  __buffers__ = []\n  training : bool\n");
        used.forEach(name -> text.append(library.get(name)));
        return text.append(methods).toString();
    }

    private static Map<String, String> library() {
        var functions = new HashMap<String, String>();
        for (String function : FUNCTION.split(resource(), -1)) {
            Matcher name = NAME.matcher(function);
            if (name.lookingAt()) {
                functions.put(name.group(1), function);
            }
        }
        return functions;
    }

    private static String resource() {
        try (InputStream in = Functions.class.getResourceAsStream("functions.torchscript")) {
            if (in == null) {
                throw new IllegalStateException("functions.torchscript is missing from the module");
            }
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
