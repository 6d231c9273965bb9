package dev.sluice;

import dev.sluice.config.Finding;
import dev.sluice.policy.PolicyFile;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code sluice validate}. */
@Command(
        name = "validate",
        description = "Checks a policy document and says what is wrong with it, line by line.",
        mixinStandardHelpOptions = true)
@SuppressWarnings("NullAway.Init") // Fields are set by picocli before anything runs.
final class ValidateCommand implements Callable<Integer> {
    @Parameters(paramLabel = "FILE", description = "The policy document.")
    private Path file;

    @Option(names = "--strict", description = "Warnings are errors, as when a policy is saved.")
    private boolean strict;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() throws IOException {
        var reading = new PolicyFile(file).read().reading();
        var out = spec.commandLine().getOut();
        FindingLines.print(file, reading.findings(), out);
        var bad = reading.policy() == null || (strict && !reading.findings().isEmpty());
        var warnings = reading.findings().stream()
                .filter(finding -> finding.severity() == Finding.Severity.WARNING)
                .count();
        var told = warnings == 0 ? "" : ", with " + warnings + (warnings == 1 ? " warning" : " warnings");
        out.println(file + (bad ? ": not valid" : ": valid" + told));
        return bad ? 1 : 0;
    }
}
