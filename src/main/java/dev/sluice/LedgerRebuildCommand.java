package dev.sluice;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import java.io.IOException;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code sluice ledger rebuild}. */
@Command(
        name = "rebuild",
        description = {
            "Empties the ledger, from which usage, sessions and logs are read, and builds it anew from the journal.",
            "Requests are served meanwhile. Of a gateway that is stopped, delete ledger.db instead."
        },
        mixinStandardHelpOptions = true)
@SuppressWarnings("NullAway.Init") // Fields are set by picocli before anything runs.
final class LedgerRebuildCommand implements Callable<Integer> {
    @Mixin
    private ControlPlane gateway;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() throws IOException, InterruptedException {
        var state = gateway.post("/api/ledger:rebuild", JsonNodeFactory.instance.objectNode());
        spec.commandLine()
                .getErr()
                .println("the ledger is being built anew, up to offset "
                        + state.path("target").asLong() + " of the journal; GET /api/ledger tells how far it is");
        return 0;
    }
}
