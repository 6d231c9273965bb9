package dev.sluice;

import dev.sluice.testing.ClusterLoad;
import org.junit.jupiter.api.Test;

/**
 * What of the chaos ({@link ChaosClusterIT}) every build sees: one of three nodes dies under load. The others go on, and no dollar is lost.
 */
class NodeDeathIT extends ThreeNodes {
    @Test
    void theOthersGoOnAndTheBooksBalance() throws Exception {
        try (var load = new ClusterLoad(addresses(), LOGINS, CLIENTS, random)) {
            awaitTraffic(load, 0, 1, 2);

            var killed = System.nanoTime();
            nodes[2].kill();
            awaitTraffic(load, 0, 1);
            awaitMembers(0, 2);
            awaitTraffic(load, 0, 1);
            tell("kill -9 of one of three", load, killed, 0, 1);
            start(2);
            awaitReady(2);
            awaitTraffic(load, 0, 1, 2);
            load.end();

            assertBooks(load.seen());
        }
    }
}
