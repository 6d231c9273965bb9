package dev.sluice;

import java.io.PrintWriter;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The front door: command line and composition; decides nothing. */
@Command(
        name = "sluice",
        description = "A self-hosted LLM gateway: identity, grants, exact budgets, metering, sessions.",
        subcommands = {
            ServeCommand.class,
            ValidateCommand.class,
            KeyCommand.class,
            LedgerCommand.class,
            MigrateCommand.class,
            SimulateCommand.class,
            AotCommand.class
        },
        mixinStandardHelpOptions = true,
        versionProvider = Main.Version.class)
public final class Main implements Runnable {
    @Spec
    @SuppressWarnings("NullAway.Init") // Set by picocli before anything runs.
    private CommandSpec spec;

    private Main() {}

    public static void main(String[] args) {
        var status = commandLine().execute(args);
        // A gateway that serves lives on in its threads; everything else is over here.
        if (status != ServeCommand.SERVING) {
            System.exit(status);
        }
    }

    static CommandLine commandLine() {
        return new CommandLine(new Main())
                .setExecutionExceptionHandler((failure, command, parsed) -> explain(failure, command.getErr()));
    }

    /** What a person can act on; the rest is the log's. */
    private static int explain(Exception failure, PrintWriter err) {
        Throwable told = failure;
        // What threads and futures wrap around it says nothing to anybody.
        while ((told instanceof CompletionException || told instanceof ExecutionException) && told.getCause() != null) {
            told = told.getCause();
        }
        err.println("sluice: " + (told.getMessage() == null ? told.toString() : told.getMessage()));
        return CommandLine.ExitCode.SOFTWARE;
    }

    @Override
    public void run() {
        throw new ParameterException(
                spec.commandLine(),
                "a command is missing (expected: serve, validate, key, ledger, migrate, simulate or aot)");
    }

    static final class Version implements IVersionProvider {
        @Override
        public String[] getVersion() {
            var version = Main.class.getPackage().getImplementationVersion();
            return new String[] {"sluice " + (version == null ? "(development)" : version)};
        }
    }
}
