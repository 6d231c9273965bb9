package dev.sluice.journal;

import com.datastax.oss.driver.api.core.CqlSession;
import dev.sluice.cassandra.CassandraStore;
import java.time.Duration;
import org.apache.pekko.actor.ActorSystem;
import org.apache.pekko.stream.connectors.cassandra.CqlSessionProvider;
import scala.concurrent.ExecutionContext;
import scala.concurrent.Future;
import scala.jdk.javaapi.FutureConverters;

/** Gives Pekko's plugins the node's one session, once the journal's tables are there; {@code conf/cassandra.conf} names it. */
public final class SharedSession implements CqlSessionProvider {
    // Sixteen writers of tags a node, so a node in trouble asks Cassandra 64 times a second at most.
    private static final Duration REST = Duration.ofMillis(250);

    private final CassandraStore store;

    public SharedSession(ActorSystem system) {
        store = CassandraStore.get(system);
    }

    @Override
    public Future<CqlSession> connect(ExecutionContext executor) {
        return FutureConverters.asScala(store.tables("journal")
                .thenCompose(_ -> store.session())
                .thenApply(session -> new UnhurriedSession(session, REST)));
    }
}
