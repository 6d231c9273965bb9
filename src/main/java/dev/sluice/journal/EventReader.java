package dev.sluice.journal;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletionStage;

/** Reads events by pages, each a short read of its own, so that readers take turns and no snapshot stays open. */
final class EventReader {
    // Deleted events may still lie in the file while they are being removed; nobody sees them any more.
    private static final String EVENT = "SELECT e.ordering, p.name, e.seq, w.uuid, e.written,"
            + " t.serializer, t.manifest, t.adapter, e.payload, m.serializer, m.manifest, m.adapter, e.meta";
    private static final String JOINS = " JOIN persistence_id p ON p.id = e.pid AND e.seq > p.deleted_to"
            + " JOIN payload_type t ON t.id = e.type LEFT JOIN writer w ON w.id = e.writer"
            + " LEFT JOIN payload_type m ON m.id = e.meta_type";
    private static final String BY_PID = EVENT + " FROM event e" + JOINS
            + " WHERE e.pid = (SELECT id FROM persistence_id WHERE name = ?) AND e.seq BETWEEN ? AND ?"
            + " ORDER BY e.seq LIMIT ?";
    // CROSS JOIN keeps the tag's index in the lead, so that a page reads no more than a page.
    private static final String BY_TAG =
            EVENT + " FROM event_tag g CROSS JOIN event e ON e.ordering = g.ordering" + JOINS
                    + " WHERE g.tag = (SELECT id FROM tag WHERE name = ?) AND g.ordering > ? AND g.ordering <= ?"
                    + " ORDER BY g.ordering LIMIT ?";

    private static final String LAST_BY_PID = EVENT + " FROM event e" + JOINS
            + " WHERE e.pid = (SELECT id FROM persistence_id WHERE name = ?) AND e.ordering <= ?"
            + " ORDER BY e.seq DESC LIMIT ?";

    /** A named thing with a number to go on from. */
    record Numbered(long number, String name) {}

    private final SqliteStore store;

    EventReader(SqliteStore store) {
        this.store = store;
    }

    CompletionStage<Long> highestSequenceNumber(String persistenceId) {
        return store.read(connection -> {
            try (var select = connection.prepareStatement("SELECT max(p.deleted_to, coalesce("
                    + "(SELECT max(seq) FROM event WHERE pid = p.id), 0)) FROM persistence_id p WHERE p.name = ?")) {
                select.setString(1, persistenceId);
                return Rows.optionalNumber(select).orElse(0);
            }
        });
    }

    CompletionStage<List<StoredEvent>> ofEntity(String persistenceId, long fromSeq, long toSeq, long limit) {
        return store.read(connection -> page(connection, BY_PID, persistenceId, fromSeq, toSeq, limit));
    }

    CompletionStage<List<StoredEvent>> withTag(String tag, long afterOrdering, long toOrdering) {
        return store.read(connection -> page(connection, BY_TAG, tag, afterOrdering, toOrdering, Long.MAX_VALUE));
    }

    /** Those that were given these orderings, as far as they are there. */
    CompletionStage<List<StoredEvent>> at(List<Long> orderings) {
        return store.read(connection -> {
            var events = new ArrayList<StoredEvent>();
            for (var ordering : orderings) {
                try (var select =
                        connection.prepareStatement(EVENT + " FROM event e" + JOINS + " WHERE e.ordering = ?")) {
                    select.setLong(1, ordering);
                    try (var rows = select.executeQuery()) {
                        if (rows.next()) {
                            events.add(event(rows));
                        }
                    }
                }
            }
            return events;
        });
    }

    /** 0 if there is none. */
    CompletionStage<Long> lastOrdering(String tag) {
        return store.read(connection -> {
            try (var select = connection.prepareStatement("SELECT coalesce(max(ordering), 0) FROM event_tag"
                    + " WHERE tag = (SELECT id FROM tag WHERE name = ?)")) {
                select.setString(1, tag);
                return Rows.number(select);
            }
        });
    }

    CompletionStage<Long> countAfter(String tag, long offset, int most) {
        return store.read(connection -> {
            try (var select = connection.prepareStatement("SELECT count(*) FROM (SELECT 1 FROM event_tag"
                    + " WHERE tag = (SELECT id FROM tag WHERE name = ?) AND ordering > ? LIMIT ?)")) {
                select.setString(1, tag);
                select.setLong(2, offset);
                select.setInt(3, most);
                return Rows.number(select);
            }
        });
    }

    CompletionStage<List<Numbered>> persistenceIds(long after) {
        return store.read(connection -> {
            try (var select = connection.prepareStatement(
                    "SELECT id, name FROM persistence_id WHERE id > ? ORDER BY id LIMIT ?")) {
                select.setLong(1, after);
                select.setInt(2, store.settings().pageRows());
                return numbered(select);
            }
        });
    }

    private static List<Numbered> numbered(PreparedStatement select) throws SQLException {
        var page = new ArrayList<Numbered>();
        try (var rows = select.executeQuery()) {
            while (rows.next()) {
                page.add(new Numbered(rows.getLong(1), rows.getString(2)));
            }
        }
        return page;
    }

    /** The last first. */
    CompletionStage<List<StoredEvent>> last(String persistenceId, long toOrdering, int limit) {
        return store.read(connection -> {
            try (var select = connection.prepareStatement(LAST_BY_PID)) {
                select.setString(1, persistenceId);
                select.setLong(2, toOrdering);
                select.setInt(3, limit);
                var events = new ArrayList<StoredEvent>();
                try (var rows = select.executeQuery()) {
                    while (rows.next()) {
                        events.add(event(rows));
                    }
                }
                return events;
            }
        });
    }

    private List<StoredEvent> page(Connection connection, String sql, String key, long from, long to, long limit)
            throws SQLException {
        try (var select = connection.prepareStatement(sql)) {
            select.setString(1, key);
            select.setLong(2, from);
            select.setLong(3, to);
            select.setLong(4, Math.min(limit, store.settings().pageRows()));
            var page = new ArrayList<StoredEvent>();
            var bytes = 0L;
            try (var rows = select.executeQuery()) {
                while (bytes < store.settings().pageBytes() && rows.next()) {
                    var event = event(rows);
                    page.add(event);
                    bytes += event.payload().bytes().length;
                }
            }
            return page;
        }
    }

    private static StoredEvent event(ResultSet row) throws SQLException {
        return new StoredEvent(
                row.getLong(1),
                row.getString(2),
                row.getLong(3),
                row.getString(4),
                row.getLong(5),
                Objects.requireNonNull(Payload.read(row, 6)),
                Payload.read(row, 10),
                Set.of(),
                null);
    }
}
