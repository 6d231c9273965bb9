package dev.sluice;

import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code sluice key}: the keys of a running gateway. */
@Command(
        name = "key",
        description = "Makes, lists and revokes keys of a running gateway.",
        subcommands = {KeyCreateCommand.class, KeyListCommand.class, KeyRevokeCommand.class},
        mixinStandardHelpOptions = true)
@SuppressWarnings("NullAway.Init") // Fields are set by picocli before anything runs.
final class KeyCommand implements Runnable {
    @Spec
    private CommandSpec spec;

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "a command is missing (expected: create, list or revoke)");
    }
}
