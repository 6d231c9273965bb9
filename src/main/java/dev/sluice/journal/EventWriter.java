package dev.sluice.journal;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Types;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Writes events and snapshots; belongs to the writing thread.
 *
 * <p>Each event gets the next {@code ordering}. Because one thread writes, orderings appear in the order of commits: whoever saw
 * ordering n has seen, or can see, every lower one that will ever be. So a query by tag may go on after the last ordering it saw and misses
 * nothing, with none of the gap detection that journals with several writers need.
 */
final class EventWriter {
    private final Interned<String> persistenceIds = new Interned<>(EventWriter::persistenceIdNumber);
    private final Interned<String> tags = new Interned<>(EventWriter::tagNumber);
    private final Interned<Payload.Type> types = new Interned<>(Payload::typeNumber);
    // A writer is one life of one entity, so an unknown one is new: it is not looked up, and a second row for it would
    // do no harm.
    private final Interned<String> writers = new Interned<>(EventWriter::newWriter);
    /** Tagged events of the transaction under way. */
    private final List<StoredEvent> tagged = new ArrayList<>();

    private final Fresh fresh;
    private long lastOrdering;

    private EventWriter(long lastOrdering) {
        this.lastOrdering = lastOrdering;
        this.fresh = new Fresh(lastOrdering);
    }

    static EventWriter open(Connection connection) throws SQLException {
        try (var highest = connection.prepareStatement(
                "SELECT max(ordering, coalesce(" + "(SELECT max(ordering) FROM event), 0)) FROM ordering_floor")) {
            return new EventWriter(Rows.number(highest));
        }
    }

    /** Whose readers may be anywhere. */
    Fresh fresh() {
        return fresh;
    }

    /** What was written is there to be seen. */
    void committed() {
        if (!tagged.isEmpty()) {
            fresh.add(tagged);
            tagged.clear();
        }
    }

    /** After a rollback numbers may point to rows that never came to be. Orderings are not given back: a gap that stays empty is harmless. */
    void forget() {
        persistenceIds.forget();
        tags.forget();
        types.forget();
        writers.forget();
        tagged.clear();
        // Should a commit that failed have reached the disk all the same, the file knows.
        fresh.forget(lastOrdering);
    }

    void append(Connection connection, List<StoredEvent> rows) throws SQLException {
        try (var insert = connection.prepareStatement("INSERT INTO event"
                + " (ordering, pid, seq, type, writer, written, payload, meta_type, meta)"
                + " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)")) {
            for (var row : rows) {
                append(connection, insert, row);
            }
        }
    }

    private void append(Connection connection, PreparedStatement insert, StoredEvent row) throws SQLException {
        var ordering = ++lastOrdering;
        insert.setLong(1, ordering);
        insert.setLong(2, persistenceIds.number(connection, row.persistenceId()));
        insert.setLong(3, row.seq());
        insert.setLong(4, types.number(connection, row.payload().type()));
        insert.setLong(5, writers.number(connection, row.writer()));
        insert.setLong(6, row.written());
        insert.setBytes(7, row.payload().bytes());
        bindMetadata(connection, insert, 8, row.metadata());
        insert.executeUpdate();
        if (!row.tags().isEmpty()) {
            tagged.add(row.at(ordering));
        }
        for (var tag : row.tags()) {
            tag(connection, tag, ordering);
        }
    }

    private void tag(Connection connection, String tag, long ordering) throws SQLException {
        try (var insert = connection.prepareStatement("INSERT INTO event_tag (tag, ordering) VALUES (?, ?)")) {
            insert.setLong(1, tags.number(connection, tag));
            insert.setLong(2, ordering);
            insert.executeUpdate();
        }
    }

    /**
     * Marks the events of an entity as deleted; {@link #deleteSome} then removes them.
     *
     * @return the highest sequence number that is deleted now
     */
    long markDeleted(Connection connection, String persistenceId, long toSeq) throws SQLException {
        var pid = persistenceIds.number(connection, persistenceId);
        try (var update = connection.prepareStatement("UPDATE persistence_id SET deleted_to = max(deleted_to,"
                + " min(?, coalesce((SELECT max(seq) FROM event WHERE pid = ?), 0))) WHERE id = ?"
                + " RETURNING deleted_to")) {
            update.setLong(1, toSeq);
            update.setLong(2, pid);
            update.setLong(3, pid);
            var deletedTo = Rows.number(update);
            fresh.delete(persistenceId, deletedTo);
            tagged.removeIf(
                    event -> event.seq() <= deletedTo && event.persistenceId().equals(persistenceId));
            return deletedTo;
        }
    }

    /**
     * Removes a bounded number of events, so that the removal of very many holds up nobody.
     *
     * @return whether there may be more
     */
    boolean deleteSome(Connection connection, String persistenceId, long toSeq, int limit) throws SQLException {
        try (var floor = connection.prepareStatement("UPDATE ordering_floor SET ordering = ?")) {
            floor.setLong(1, lastOrdering);
            floor.executeUpdate();
        }
        var pid = persistenceIds.number(connection, persistenceId);
        var oldest = "SELECT ordering FROM event WHERE pid = ? AND seq <= ? ORDER BY seq LIMIT ?";
        // The ordering comes second in the key of event_tag, so each tag is asked; there are few.
        deleteOldest(
                connection,
                "DELETE FROM event_tag WHERE tag IN (SELECT id FROM tag) AND ordering IN (" + oldest + ")",
                pid,
                toSeq,
                limit);
        return deleteOldest(connection, "DELETE FROM event WHERE ordering IN (" + oldest + ")", pid, toSeq, limit)
                == limit;
    }

    private static int deleteOldest(Connection connection, String sql, long pid, long toSeq, int limit)
            throws SQLException {
        try (var delete = connection.prepareStatement(sql)) {
            delete.setLong(1, pid);
            delete.setLong(2, toSeq);
            delete.setInt(3, limit);
            return delete.executeUpdate();
        }
    }

    void saveSnapshot(
            Connection connection,
            String persistenceId,
            long seq,
            long taken,
            Payload payload,
            @Nullable Payload metadata)
            throws SQLException {
        try (var insert = connection.prepareStatement("INSERT OR REPLACE INTO snapshot"
                + " (pid, seq, taken, type, payload, meta_type, meta) VALUES (?, ?, ?, ?, ?, ?, ?)")) {
            insert.setLong(1, persistenceIds.number(connection, persistenceId));
            insert.setLong(2, seq);
            insert.setLong(3, taken);
            insert.setLong(4, types.number(connection, payload.type()));
            insert.setBytes(5, payload.bytes());
            bindMetadata(connection, insert, 6, metadata);
            insert.executeUpdate();
        }
    }

    private void bindMetadata(Connection connection, PreparedStatement insert, int column, @Nullable Payload metadata)
            throws SQLException {
        if (metadata == null) {
            insert.setNull(column, Types.INTEGER);
            insert.setNull(column + 1, Types.BLOB);
        } else {
            insert.setLong(column, types.number(connection, metadata.type()));
            insert.setBytes(column + 1, metadata.bytes());
        }
    }

    private static long persistenceIdNumber(Connection connection, String name) throws SQLException {
        return numberOf(
                connection,
                name,
                "SELECT id FROM persistence_id WHERE name = ?",
                "INSERT INTO persistence_id (name) VALUES (?) RETURNING id");
    }

    private static long tagNumber(Connection connection, String name) throws SQLException {
        return numberOf(
                connection,
                name,
                "SELECT id FROM tag WHERE name = ?",
                "INSERT INTO tag (name) VALUES (?) RETURNING id");
    }

    private static long newWriter(Connection connection, String uuid) throws SQLException {
        try (var insert = connection.prepareStatement("INSERT INTO writer (uuid) VALUES (?) RETURNING id")) {
            insert.setString(1, uuid);
            return Rows.number(insert);
        }
    }

    private static long numberOf(Connection connection, String name, String select, String insert) throws SQLException {
        try (var find = connection.prepareStatement(select)) {
            find.setString(1, name);
            var known = Rows.optionalNumber(find);
            if (known.isPresent()) {
                return known.getAsLong();
            }
        }
        try (var add = connection.prepareStatement(insert)) {
            add.setString(1, name);
            return Rows.number(add);
        }
    }
}
