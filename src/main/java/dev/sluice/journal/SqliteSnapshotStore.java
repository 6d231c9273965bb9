package dev.sluice.journal;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.actor.ExtendedActorSystem;
import org.apache.pekko.persistence.SelectedSnapshot;
import org.apache.pekko.persistence.SnapshotMetadata;
import org.apache.pekko.persistence.SnapshotSelectionCriteria;
import org.apache.pekko.persistence.snapshot.japi.SnapshotStore;
import org.jspecify.annotations.Nullable;
import scala.concurrent.Future;
import scala.jdk.javaapi.FutureConverters;
import scala.jdk.javaapi.OptionConverters;

/** The snapshot store plugin, in the same file and the same group commits as the journal. */
final class SqliteSnapshotStore extends SnapshotStore {
    private static final String MATCHING = " pid = (SELECT id FROM persistence_id WHERE name = ?)"
            + " AND seq BETWEEN ? AND ? AND taken BETWEEN ? AND ?";

    private record Row(
            long seq, long taken, Payload payload, @Nullable Payload metadata) {}

    private final SqliteStore store;
    private final Payloads payloads;

    SqliteSnapshotStore() {
        var system = (ExtendedActorSystem) context().system();
        store = SqliteStore.get(system);
        payloads = new Payloads(system);
    }

    @Override
    public Future<Optional<SelectedSnapshot>> doLoadAsync(String persistenceId, SnapshotSelectionCriteria criteria) {
        return FutureConverters.asScala(store.read(connection -> latest(connection, persistenceId, criteria))
                .thenApply(found -> found.map(row -> snapshot(persistenceId, row))));
    }

    private static Optional<Row> latest(Connection connection, String persistenceId, SnapshotSelectionCriteria criteria)
            throws SQLException {
        try (var select = connection.prepareStatement("SELECT s.seq, s.taken, t.serializer, t.manifest, t.adapter,"
                + " s.payload, m.serializer, m.manifest, m.adapter, s.meta FROM snapshot s"
                + " JOIN payload_type t ON t.id = s.type LEFT JOIN payload_type m ON m.id = s.meta_type"
                + " WHERE" + MATCHING + " ORDER BY seq DESC LIMIT 1")) {
            bind(select, persistenceId, criteria);
            try (var rows = select.executeQuery()) {
                return rows.next() ? Optional.of(row(rows)) : Optional.empty();
            }
        }
    }

    private static Row row(ResultSet row) throws SQLException {
        return new Row(
                row.getLong(1), row.getLong(2), Objects.requireNonNull(Payload.read(row, 3)), Payload.read(row, 7));
    }

    private SelectedSnapshot snapshot(String persistenceId, Row row) {
        var metadata = new SnapshotMetadata(persistenceId, row.seq(), row.taken());
        return SelectedSnapshot.create(
                row.metadata() == null ? metadata : metadata.withMetadata(payloads.read(row.metadata())),
                payloads.read(row.payload()));
    }

    @Override
    public Future<Void> doSaveAsync(SnapshotMetadata metadata, Object snapshot) {
        return FutureConverters.asScala(save(metadata, snapshot));
    }

    private CompletionStage<Void> save(SnapshotMetadata metadata, Object snapshot) {
        Payload payload;
        @Nullable Payload extra;
        try {
            payload = payloads.write(snapshot, "");
            extra = OptionConverters.toJava(metadata.metadata())
                    .map(object -> payloads.write(object, ""))
                    .orElse(null);
        } catch (RuntimeException e) {
            return CompletableFuture.failedStage(e);
        }
        return store.write(
                        connection -> {
                            store.events()
                                    .saveSnapshot(
                                            connection,
                                            metadata.persistenceId(),
                                            metadata.sequenceNr(),
                                            metadata.timestamp(),
                                            payload,
                                            extra);
                            return true;
                        },
                        payload.bytes().length)
                .thenAccept(_ -> {});
    }

    /** Deletes by sequence number alone: an entity has one snapshot a number, whatever time its caller remembers. */
    @Override
    public Future<Void> doDeleteAsync(SnapshotMetadata metadata) {
        var seq = metadata.sequenceNr();
        return delete(metadata.persistenceId(), SnapshotSelectionCriteria.create(seq, Long.MAX_VALUE, seq, 0));
    }

    @Override
    public Future<Void> doDeleteAsync(String persistenceId, SnapshotSelectionCriteria criteria) {
        return delete(persistenceId, criteria);
    }

    private Future<Void> delete(String persistenceId, SnapshotSelectionCriteria criteria) {
        return FutureConverters.asScala(store.writePatiently((connection, _) -> {
            try (var delete = connection.prepareStatement("DELETE FROM snapshot WHERE" + MATCHING)) {
                bind(delete, persistenceId, criteria);
                delete.executeUpdate();
                return false;
            }
        }));
    }

    private static void bind(PreparedStatement statement, String persistenceId, SnapshotSelectionCriteria criteria)
            throws SQLException {
        statement.setString(1, persistenceId);
        statement.setLong(2, criteria.minSequenceNr());
        statement.setLong(3, criteria.maxSequenceNr());
        statement.setLong(4, criteria.minTimestamp());
        statement.setLong(5, criteria.maxTimestamp());
    }
}
