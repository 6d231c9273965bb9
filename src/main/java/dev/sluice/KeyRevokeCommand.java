package dev.sluice;

import java.io.IOException;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code sluice key revoke}. */
@Command(
        name = "revoke",
        description = "Revokes a key: within a second it opens nothing any more.",
        mixinStandardHelpOptions = true)
@SuppressWarnings("NullAway.Init") // Fields are set by picocli before anything runs.
final class KeyRevokeCommand implements Callable<Integer> {
    @Mixin
    private ControlPlane gateway;

    @Parameters(paramLabel = "ID", description = "The key's id, as it is listed.")
    private String id;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() throws IOException, InterruptedException {
        if (!id.matches("[a-z2-7]{1,64}")) {
            // Not repeated: whoever pastes the whole key does not want to see it again.
            throw new ParameterException(
                    spec.commandLine(), "that is no id of a key (expected: its 16 characters between the hyphens)");
        }
        var key = gateway.delete("/api/keys/" + id);
        spec.commandLine()
                .getErr()
                .println("gateway key " + id + " of " + key.path("owner").asText() + " is revoked since "
                        + key.path("revoked").asText());
        return 0;
    }
}
