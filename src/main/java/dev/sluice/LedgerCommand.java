package dev.sluice;

import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code sluice ledger}: the ledger of a running gateway. */
@Command(
        name = "ledger",
        description = "Has the ledger of a running gateway built anew.",
        subcommands = LedgerRebuildCommand.class,
        mixinStandardHelpOptions = true)
@SuppressWarnings("NullAway.Init") // Fields are set by picocli before anything runs.
final class LedgerCommand implements Runnable {
    @Spec
    private CommandSpec spec;

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "a command is missing (expected: rebuild)");
    }
}
