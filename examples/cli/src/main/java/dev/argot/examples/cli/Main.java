package dev.argot.examples.cli;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.Properties;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.HelpCommand;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.Option;
import picocli.CommandLine.ScopeType;

/** The command {@code argot}. */
@Command(
        name = "argot",
        description = "Loads open language models into the Java process, completes prompts and measures.",
        mixinStandardHelpOptions = true,
        scope = ScopeType.INHERIT,
        versionProvider = Main.Version.class,
        subcommands = {
            InfoCommand.class,
            ShowCommand.class,
            DomainCommand.class,
            ChatCommand.class,
            CompleteCommand.class,
            PromptCommand.class,
            SweepCommand.class,
            FillMaskCommand.class,
            EmbedCommand.class,
            SearchCommand.class,
            ClassifyCommand.class,
            TagCommand.class,
            AnswerCommand.class,
            PerplexityCommand.class,
            EvaluateCommand.class,
            AttentionCommand.class,
            NeighboursCommand.class,
            NextTokensCommand.class,
            TokenizeCommand.class,
            PlanCommand.class,
            AdaptCommand.class,
            FineTuneCommand.class,
            MergeCommand.class,
            ExportCommand.class,
            VerifyCommand.class,
            CurateCommand.class,
            HelpCommand.class
        })
public final class Main {
    @Option(names = "--verbose", scope = ScopeType.INHERIT, description = "With an error, print the stack trace too.")
    private boolean verbose;

    private Main() {}

    /**
     * Runs a command and exits with 0 when it succeeded, 1 when it failed, 2 when it was called wrongly.
     *
     * @param args command and options
     */
    public static void main(String[] args) {
        // The terminal's encoding may be ASCII; JSON is UTF-8 in any case.
        var out = new PrintWriter(new FileOutputStream(FileDescriptor.out), false, StandardCharsets.UTF_8);
        var err = new PrintWriter(new FileOutputStream(FileDescriptor.err), true, StandardCharsets.UTF_8);
        int code = run(out, err, args);
        out.flush();
        err.flush();
        System.exit(code);
    }

    /**
     * Runs a command.
     *
     * @param out standard output: the result
     * @param err standard error: everything else
     * @param args command and options
     * @return the exit code
     */
    static int run(PrintWriter out, PrintWriter err, String... args) {
        var main = new Main();
        var command = new CommandLine(main)
                .setOut(out)
                .setErr(err)
                .setCaseInsensitiveEnumValuesAllowed(true)
                .setExecutionExceptionHandler((failure, line, parsed) -> Errors.report(failure, line, main.verbose))
                .setParameterExceptionHandler((failure, ignored) -> {
                    failure.getCommandLine()
                            .getErr()
                            .println("argot: "
                                    + Errors.oneLine(
                                            String.valueOf(failure.getMessage()).replaceFirst("^Error: ", ""))
                                    + ". See '"
                                    + failure.getCommandLine().getCommandSpec().qualifiedName() + " --help'.");
                    return CommandLine.ExitCode.USAGE;
                });
        if (args.length == 0) {
            command.usage(err);
            return CommandLine.ExitCode.USAGE;
        }
        return command.execute(args);
    }

    /** Reads the version that Maven packaged. */
    static final class Version implements IVersionProvider {
        @Override
        public String[] getVersion() throws IOException {
            return new String[] {"argot " + read()};
        }

        static String read() throws IOException {
            try (InputStream in =
                    Main.class.getResourceAsStream("/META-INF/maven/dev.argot/argot-cli/pom.properties")) {
                if (in == null) {
                    return "unpackaged";
                }
                var properties = new Properties();
                properties.load(in);
                return properties.getProperty("version", "unpackaged");
            }
        }
    }
}
