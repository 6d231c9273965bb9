package dev.sluice.cluster;

import com.typesafe.config.Config;
import dev.sluice.cassandra.CassandraStore;
import java.time.Duration;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.Done;
import org.apache.pekko.actor.ClassicActorSystemProvider;
import org.apache.pekko.cluster.Cluster;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Who may found a cluster, where nodes share a storage: nobody while there is one. The first seed, or the lowest address of those that were
 * looked up, would otherwise found another whenever the others do not answer it within seconds, because the network is cut or they are busy, and
 * both clusters would spend the same money.
 */
final class Founding {
    private static final Logger log = LoggerFactory.getLogger(Founding.class);

    /** So long after the last of its nodes was killed a cluster can be founded again. */
    private static final Duration LASTING = Duration.ofSeconds(30);

    /** How often one of its nodes says that there is a cluster. */
    static final Duration AGAIN = Duration.ofSeconds(5);

    private static final String NAME = "sluice";

    private final CassandraStore store;
    private final String node;

    private Founding(CassandraStore store, String node) {
        this.store = store;
        this.node = node;
    }

    /** Null where nodes share nothing, and so cannot spend the same money. */
    static @Nullable Founding of(ClassicActorSystemProvider provider) {
        var system = provider.classicSystem();
        return isShared(system.settings().config())
                ? new Founding(
                        CassandraStore.get(system),
                        Cluster.get(system).selfAddress().hostPort())
                : null;
    }

    private static boolean isShared(Config config) {
        var kind = "sluice.storage.kind";
        return config.hasPath(kind) && config.getString(kind).equals("cassandra");
    }

    /** Whether this node may found one now; it must do so soon. Where it may not, or nobody knows, the log says so. */
    CompletionStage<Boolean> claim() {
        return store.tables("cluster")
                .thenCompose(_ -> store.writeIf(
                        "INSERT INTO cluster_founded (name, node) VALUES (?, ?) IF NOT EXISTS USING TTL "
                                + LASTING.toSeconds(),
                        NAME,
                        node))
                .handle(Founding::said);
    }

    private static boolean said(@Nullable Boolean isOurs, @Nullable Throwable failure) {
        if (isOurs == null) {
            log.warn(
                    "the storage does not say whether there is a cluster; asking again: {}",
                    failure == null ? "" : failure.getMessage());
            return false;
        }
        if (!isOurs) {
            log.info(
                    "there is, or was a moment ago, a cluster that did not answer: no other one is founded while it may be alive");
        }
        return isOurs;
    }

    /** There is one. */
    CompletionStage<Done> renew() {
        return store.tables("cluster")
                .thenCompose(_ -> store.write(
                        "INSERT INTO cluster_founded (name, node) VALUES (?, ?) USING TTL " + LASTING.toSeconds(),
                        NAME,
                        node));
    }

    /** There is none any more. */
    CompletionStage<Done> end() {
        return store.tables("cluster")
                .thenCompose(_ -> store.write("DELETE FROM cluster_founded WHERE name = ?", NAME));
    }
}
