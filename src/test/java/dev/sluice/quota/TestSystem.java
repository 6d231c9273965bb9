package dev.sluice.quota;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import org.apache.pekko.persistence.testkit.PersistenceTestKitPlugin;
import org.apache.pekko.persistence.testkit.PersistenceTestKitSnapshotPlugin;

/** Configuration of actor systems to test with: a journal in memory that serializes what it holds. */
final class TestSystem {
    private TestSystem() {}

    static Config config() {
        return ConfigFactory.parseString("""
                        pekko.loglevel = WARNING
                        pekko.actor.serialization-bindings {
                          "dev.sluice.cluster.CborSerializable" = jackson-cbor
                          "dev.sluice.cluster.JsonSerializable" = jackson-json
                        }
                        pekko.persistence.testkit.events.serialize = on
                        pekko.persistence.testkit.snapshots.serialize = on
                        test-read-journal.class = "dev.sluice.quota.TestReadJournal$Provider"
                        """)
                .withFallback(PersistenceTestKitPlugin.config())
                .withFallback(PersistenceTestKitSnapshotPlugin.config());
    }

    static Config oneNodeCluster() {
        return ConfigFactory.parseString("""
                        pekko.actor.provider = cluster
                        pekko.remote.artery.canonical { hostname = "127.0.0.1", port = 0 }
                        pekko.cluster.jmx.multi-mbeans-in-same-jvm = on
                        pekko.coordinated-shutdown.exit-jvm = off
                        """).withFallback(config());
    }
}
