package dev.sluice.audit;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import dev.sluice.identity.Caller;
import java.time.Instant;
import java.util.List;
import org.apache.pekko.persistence.testkit.PersistenceTestKitPlugin;
import org.apache.pekko.persistence.testkit.PersistenceTestKitSnapshotPlugin;

/** What the tests of this room share. */
final class Entries {
    static final Instant NOON = Instant.parse("2026-11-21T12:00:00Z");

    private Entries() {}

    static Action action(String id) {
        return new Action(id, NOON, "root@example.com", "n1", List.of("tag:ops"), "POST", "/api/quotas/refill");
    }

    static Action action(String id, Instant at) {
        return new Action(id, at, "root@example.com", "n1", List.of(), "POST", "/api/quotas/refill");
    }

    static Caller root() {
        return new Caller("root@example.com", "Root", "n1", List.of(), List.of(), false, List.of());
    }

    /** A cluster of one with a journal in memory that serializes what it holds. */
    static Config config() {
        return PersistenceTestKitPlugin.config()
                .withFallback(PersistenceTestKitSnapshotPlugin.config())
                .withFallback(ConfigFactory.parseResourcesAnySyntax("session-test"))
                .withFallback(ConfigFactory.defaultReference())
                .resolve();
    }
}
