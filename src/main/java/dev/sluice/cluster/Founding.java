package dev.sluice.cluster;

import com.typesafe.config.Config;
import dev.sluice.cassandra.CassandraStore;
import java.time.Duration;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.Done;
import org.apache.pekko.actor.typed.ActorSystem;
import org.jspecify.annotations.Nullable;

/**
 * Who may found a cluster, where nodes share a storage: nobody while there is one. The first seed would otherwise found another whenever the
 * others do not answer it within seconds, because the network is cut or they are busy, and both clusters would spend the same money.
 */
final class Founding {
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
    static @Nullable Founding of(ActorSystem<?> system, String node) {
        return isShared(system.settings().config()) ? new Founding(CassandraStore.get(system), node) : null;
    }

    private static boolean isShared(Config config) {
        var kind = "sluice.storage.kind";
        return config.hasPath(kind) && config.getString(kind).equals("cassandra");
    }

    /** Whether this node may found one now; it must do so soon. When this fails, nobody knows. */
    CompletionStage<Boolean> claim() {
        return store.tables("cluster")
                .thenCompose(_ -> store.writeIf(
                        "INSERT INTO cluster_founded (name, node) VALUES (?, ?) IF NOT EXISTS USING TTL "
                                + LASTING.toSeconds(),
                        NAME,
                        node));
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
