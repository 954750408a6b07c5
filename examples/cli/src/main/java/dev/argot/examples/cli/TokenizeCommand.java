package dev.argot.examples.cli;

import dev.argot.api.Argot;
import dev.argot.api.EncodeOptions;
import dev.argot.api.Encoding;
import dev.argot.api.Tokenizer;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Shows the tokens of a text. */
@Command(name = "tokenize", description = "Show the tokens of a text: number, id and spelling, one a line.")
final class TokenizeCommand implements Callable<Integer> {
    @Mixin
    private ModelOption model = new ModelOption();

    @ArgGroup(multiplicity = "1")
    @SuppressWarnings("NullAway.Init") // set by picocli
    private Source source;

    /** Where the text comes from. */
    static final class Source {
        @Option(names = "--text", paramLabel = "TEXT", description = "The text itself.")
        private @Nullable String text;

        @Option(names = "--file", paramLabel = "FILE", description = "A UTF-8 file; - is standard input.")
        private @Nullable String file;
    }

    @Option(names = "--no-special", description = "Leave out the special tokens the model expects around a text.")
    private boolean noSpecial;

    @Option(names = "--trusted", description = "Read special tokens spelled out in the text as control tokens.")
    private boolean trusted;

    @Option(names = "--json", description = "Print one JSON object as the last line.")
    private boolean json;

    @Mixin
    private Setup setup = new Setup();

    @Spec
    @SuppressWarnings("NullAway.Init") // set by picocli
    private CommandSpec spec;

    @Override
    public Integer call() throws IOException {
        PrintWriter out = spec.commandLine().getOut();
        String text = source.text != null ? source.text : Texts.read(source.file == null ? "-" : source.file);
        try (Argot argot = setup.open(spec.commandLine().getErr())) {
            Tokenizer tokenizer = argot.tokenizer(model.name(), setup.offline());
            Encoding encoding = tokenizer.encode(text, new EncodeOptions(!noSpecial, trusted, Optional.empty()));
            int[] ids = encoding.ids();
            if (!json) {
                for (int i = 0; i < ids.length; i++) {
                    out.printf("%d\t%d\t%s%n", i, ids[i], tokenizer.token(ids[i]));
                }
                return 0;
            }
            Json.print(out, j -> {
                j.writeStringField("model", model.name());
                j.writeNumberField("count", ids.length);
                j.writeFieldName("ids");
                j.writeArray(ids, 0, ids.length);
                j.writeArrayFieldStart("tokens");
                for (int id : ids) {
                    j.writeString(tokenizer.token(id));
                }
                j.writeEndArray();
                j.writeArrayFieldStart("offsets");
                for (int i = 0; i < ids.length; i++) {
                    j.writeArray(new int[] {encoding.start(i), encoding.end(i)}, 0, 2);
                }
                j.writeEndArray();
            });
        }
        return 0;
    }
}
