package dev.sluice.cassandra;

import com.datastax.oss.driver.api.core.ConsistencyLevel;
import com.datastax.oss.driver.api.core.CqlSession;
import com.datastax.oss.driver.api.core.cql.AsyncResultSet;
import com.datastax.oss.driver.api.core.cql.BatchStatement;
import com.datastax.oss.driver.api.core.cql.BatchableStatement;
import com.datastax.oss.driver.api.core.cql.BoundStatement;
import com.datastax.oss.driver.api.core.cql.DefaultBatchType;
import com.datastax.oss.driver.api.core.cql.PreparedStatement;
import com.datastax.oss.driver.api.core.cql.Row;
import com.datastax.oss.driver.api.core.cql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Collectors;
import org.apache.pekko.Done;
import org.apache.pekko.NotUsed;
import org.apache.pekko.actor.AbstractExtensionId;
import org.apache.pekko.actor.ClassicActorSystemProvider;
import org.apache.pekko.actor.ExtendedActorSystem;
import org.apache.pekko.actor.Extension;
import org.apache.pekko.stream.javadsl.Source;

/**
 * The node's session with Cassandra. There is one a system, connected by the first who asks; while Cassandra is away it keeps trying, and what is
 * asked meanwhile fails within {@code sluice.cassandra.request-timeout}. Everything completes on {@code sluice.cassandra.dispatcher}, never
 * on a thread of the driver.
 *
 * <p>Values are bound in the order of the statement's question marks, as the driver maps them: {@code text} is a {@link String},
 * {@code bigint} a {@link Long}, {@code int} an {@link Integer}, {@code blob} a {@link java.nio.ByteBuffer}, {@code timestamp} an
 * {@link java.time.Instant}, {@code date} a {@link java.time.LocalDate}; null writes a tombstone. Statements are constants of the code.
 */
public final class CassandraStore implements Extension {

    /** One partition's write together: more belongs into several, which Cassandra would otherwise warn about and, at 50 kB, refuse. */
    public static final int MOST_TOGETHER = 100;

    /** Statements are constants of the code, so this is never reached; it bounds a caller that builds CQL by hand. */
    private static final int MAX_STATEMENTS = 500;

    /** A statement and what is bound to its question marks. */
    @SuppressWarnings("ArrayRecordComponent") // Handed on once; never compared.
    public record Write(String cql, Object... values) {}

    private final CassandraSettings settings;
    private final Executor executor;
    private final CompletableFuture<CqlSession> session = new CompletableFuture<>();
    private final Map<String, CompletionStage<PreparedStatement>> statements = new ConcurrentHashMap<>();
    private final Map<String, CompletionStage<Done>> tables = new ConcurrentHashMap<>();

    /**
     * The store of a system.
     *
     * @throws IllegalArgumentException naming a setting that is wrong
     */
    public static CassandraStore get(ClassicActorSystemProvider system) {
        return Id.INSTANCE.get(system);
    }

    private CassandraStore(ExtendedActorSystem system) {
        settings = CassandraSettings.of(system.settings().config());
        executor = system.dispatchers().lookup(settings.dispatcher());
        var _ = new Connecting(settings).session().whenComplete((connected, failure) -> {
            if (failure == null) {
                session.complete(connected);
            } else {
                session.completeExceptionally(failure);
            }
        });
        system.registerOnTermination(() -> {
            var _ = session.thenAccept(CqlSession::closeAsync);
        });
    }

    /** The session itself, for Pekko's plugins and for what is not offered here. It must not be closed. */
    public CompletionStage<CqlSession> session() {
        return session.minimalCompletionStage();
    }

    /** Completes when there is a session. For those who do not wait as long as it takes: fails after a while, and says where nobody was. */
    public CompletionStage<Done> connected(Duration patience) {
        var where = settings.contactPoints().stream()
                .map(it -> it.getHostString() + ":" + it.getPort())
                .collect(Collectors.joining(", "));
        return session()
                .thenApply(_ -> Done.getInstance())
                .toCompletableFuture()
                .orTimeout(patience.toMillis(), TimeUnit.MILLISECONDS)
                .exceptionallyCompose(failure -> CompletableFuture.failedStage(
                        failure instanceof TimeoutException
                                ? new IllegalStateException("no Cassandra has answered for " + patience.toSeconds()
                                        + " s at " + where + " (expected: sluice.cassandra.contact-points,"
                                        + " local-datacenter and credentials of one that takes requests)")
                                : failure));
    }

    public String keyspace() {
        return settings.keyspace();
    }

    /**
     * Opens the tables of a room, {@code cluster/cassandra/ROOM.cql}: makes those that are missing, if settings say so, and then looks whether all
     * are as the file has them. Fails with a message for a person when they are not.
     */
    public CompletionStage<Done> tables(String room) {
        return tables.computeIfAbsent(room, it -> {
            var schema = Tables.read(it);
            return session.thenCompose(connected -> schema.open(connected, settings))
                    .thenApplyAsync(opened -> opened, executor);
        });
    }

    /** A page of rows: ask for no more than {@code sluice.cassandra.page-rows}. */
    public CompletionStage<List<Row>> read(String cql, Object... values) {
        return answered(bound(cql, values)).thenApplyAsync(CassandraStore::page, executor);
    }

    /** All rows, page by page as they are wanted. */
    public Source<Row, NotUsed> rows(String cql, Object... values) {
        return Source.completionStageSource(session.thenCompose(connected -> bound(cql, values)
                        .thenApply(statement -> Source.fromPublisher(connected.executeReactive(statement)))))
                .<Row>map(row -> row)
                .mapMaterializedValue(_ -> NotUsed.notUsed());
    }

    /** An upsert of absolute values, or a deletion: it may be sent again when its answer is lost. */
    public CompletionStage<Done> write(String cql, Object... values) {
        return answered(bound(cql, values)).thenApplyAsync(_ -> Done.getInstance(), executor);
    }

    /** All of them or none, as readers see it, if all are of one partition of one table; at most {@link #MOST_TOGETHER}. */
    public CompletionStage<Done> writeTogether(List<Write> writes) {
        if (writes.size() > MOST_TOGETHER) {
            throw new IllegalArgumentException(writes.size() + " writes (expected: at most " + MOST_TOGETHER + ")");
        }
        CompletionStage<List<BatchableStatement<?>>> all = CompletableFuture.completedStage(new ArrayList<>());
        for (var write : writes) {
            all = all.thenCombine(bound(write.cql(), write.values()), (list, statement) -> {
                list.add(statement);
                return list;
            });
        }
        var batch = all.<Statement<?>>thenApply(list ->
                BatchStatement.newInstance(DefaultBatchType.UNLOGGED, list).setIdempotent(true));
        return answered(batch).thenApplyAsync(_ -> Done.getInstance(), executor);
    }

    /**
     * A write with a condition ({@code IF ...}); a round of Paxos, four times the price of a write. It is not sent again: when it fails, nobody
     * knows whether it took place.
     *
     * @return whether it took place
     */
    public CompletionStage<Boolean> writeIf(String cql, Object... values) {
        var statement = bound(cql, values)
                .<Statement<?>>thenApply(
                        it -> it.setIdempotent(false).setSerialConsistencyLevel(ConsistencyLevel.LOCAL_SERIAL));
        return answered(statement).thenApplyAsync(AsyncResultSet::wasApplied, executor);
    }

    private CompletionStage<AsyncResultSet> answered(CompletionStage<? extends Statement<?>> statement) {
        return session.thenCompose(connected -> statement.thenCompose(connected::executeAsync))
                .whenCompleteAsync((_, _) -> {}, executor);
    }

    private CompletionStage<BoundStatement> bound(String cql, Object... values) {
        return prepared(cql).thenApply(statement -> statement.bind(values).setPageSize(settings.pageRows()));
    }

    /** Once; a failure is forgotten, so that the next one tries again. */
    private CompletionStage<PreparedStatement> prepared(String cql) {
        var known = statements.get(cql);
        if (known != null) {
            return known;
        }
        if (statements.size() >= MAX_STATEMENTS) {
            return CompletableFuture.failedStage(new IllegalStateException(
                    MAX_STATEMENTS + " statements are prepared (expected: statements that are constants)"));
        }
        var promise = new CompletableFuture<PreparedStatement>();
        var earlier = statements.putIfAbsent(cql, promise);
        if (earlier != null) {
            return earlier;
        }
        var _ = session.thenCompose(connected -> connected.prepareAsync(cql)).whenComplete((statement, failure) -> {
            if (failure == null) {
                promise.complete(statement);
            } else {
                statements.remove(cql, promise);
                promise.completeExceptionally(failure);
            }
        });
        return promise;
    }

    private static List<Row> page(AsyncResultSet answer) {
        var rows = new ArrayList<Row>();
        answer.currentPage().forEach(rows::add);
        return rows;
    }

    private static final class Id extends AbstractExtensionId<CassandraStore> {
        static final Id INSTANCE = new Id();

        @Override
        public CassandraStore createExtension(ExtendedActorSystem system) {
            return new CassandraStore(system);
        }
    }
}
