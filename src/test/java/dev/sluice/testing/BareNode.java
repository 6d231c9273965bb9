package dev.sluice.testing;

import dev.sluice.cluster.Membership;
import dev.sluice.cluster.NodeSystem;
import java.nio.file.Path;
import java.util.Map;

/** A node without rooms, for {@link SluiceProcess#bareNode}: joins its cluster, and ends with status 1 when it is lost to it. */
final class BareNode {
    private BareNode() {}

    public static void main(String[] arguments) throws Exception {
        var config = NodeSystem.config(Path.of(arguments[0]), Map.of());
        var system = NodeSystem.start(config).toCompletableFuture().get();
        System.out.println(Membership.of(system).lost().toCompletableFuture().get());
        Runtime.getRuntime().halt(1);
    }
}
