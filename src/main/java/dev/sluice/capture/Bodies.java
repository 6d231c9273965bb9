package dev.sluice.capture;

import dev.sluice.capture.ByteReader.Damaged;
import dev.sluice.capture.Cut.Hash;
import dev.sluice.capture.Cut.Place;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Requests' bodies, each part of which is stored once. The writer's; what it remembers it may forget at any time.
 *
 * <p>Parts are known by SHA-256 over a scope and their bytes, cut to 128 bits. The scope of a large part (a system prompt, tools) is its caller's login, so
 * that all of their sessions share it; that of a small one is its session, because hashes of all sessions in one place would dirty a page of the
 * file for each. No scope goes beyond a login: what one caller says is never the reason why another one's is stored already.
 */
final class Bodies {
    /** Larger ones are shared by a login's sessions. */
    private static final int LEAST_SHARED = 2_048;

    /** Some megabytes: as many parts as a few hundred conversations have. */
    private static final int MOST_PLACES = 20_000;

    private static final int MOST_SESSIONS = 1_000;

    /** A body that is stored, or about to be: how to put it together, and which packs that takes. */
    @SuppressWarnings("ArrayRecordComponent") // Handed through; never compared.
    record Stored(byte[] manifest, long[] packs, long login, int forgotten) implements Transcript.Stored {}

    private final Frames frames;
    private final MessageDigest digest;
    private final Map<Hash, Place> places = new Latest<>(MOST_PLACES);
    /** By session: the hour in which it last needed a pack, as far as the file says so. */
    private final Map<Long, Map<Long, Integer>> hours = new Latest<>(MOST_SESSIONS);

    private long next;
    /** How often packs were deleted, in this life. */
    private int deletions;

    Bodies(Connection connection, Frames frames) throws SQLException {
        this.frames = frames;
        digest = Cut.digest();
        next = Math.max(
                Marks.read(connection, "next"),
                Math.max(
                        Sql.number(connection, "SELECT coalesce(max(number), 0) + 1 FROM part"),
                        Sql.number(connection, "SELECT coalesce(max(id), 0) + 1 FROM pack")));
    }

    void forget() {
        places.clear();
        hours.clear();
    }

    /** Stores what is new of a body, for a session that needs it now. */
    Stored store(Connection connection, long login, long session, int hour, byte[] body) throws SQLException {
        var hashes = new ArrayList<Hash>();
        var pack = next;
        var cut = Cut.<SQLException>of(body, pack, (from, to, offered) -> {
            var hash = hash(login, session, body, from, to);
            var place = place(connection, hash);
            if (place == null) {
                place = offered;
                places.put(hash, place);
                hashes.add(hash);
            }
            return place;
        });
        if (!hashes.isEmpty()) {
            next += hashes.size();
            write(connection, login, session, pack, cut.pack(body), hashes);
        }
        var needed = cut.packNumbers();
        use(connection, session, hour, needed);
        return new Stored(cut.manifest(), needed, login, deletions);
    }

    private Hash hash(long login, long session, byte[] body, int from, int to) {
        var scope = to - from < LEAST_SHARED ? session : -login;
        for (var shift = 56; shift >= 0; shift -= 8) {
            digest.update((byte) (scope >>> shift));
        }
        digest.update(body, from, to - from);
        var bytes = ByteBuffer.wrap(digest.digest());
        return Hash.read(scope, bytes);
    }

    private @Nullable Place place(Connection connection, Hash hash) throws SQLException {
        var known = places.get(hash);
        if (known != null) {
            return known;
        }
        try (var select = connection.prepareStatement("SELECT number, (SELECT max(id) FROM pack WHERE id <= number)"
                + " FROM part WHERE scope = ? AND hash = ?")) {
            select.setLong(1, hash.scope());
            select.setBytes(2, hash.bytes());
            try (var rows = select.executeQuery()) {
                if (!rows.next()) {
                    return null;
                }
                var place = new Place(rows.getLong(1), rows.getLong(2));
                places.put(hash, place);
                return place;
            }
        }
    }

    private void write(
            Connection connection, long login, long session, long pack, ByteWriter content, List<Hash> hashes)
            throws SQLException {
        try (var insert =
                connection.prepareStatement("INSERT INTO pack (id, login, session, frame) VALUES (?, ?, ?, ?)")) {
            insert.setLong(1, pack);
            insert.setLong(2, login);
            insert.setLong(3, session);
            insert.setBytes(4, frames.close(content));
            insert.executeUpdate();
        }
        try (var insert = connection.prepareStatement(
                "INSERT INTO part (scope, hash, number) VALUES (?, ?, ?) ON CONFLICT DO NOTHING")) {
            for (var nth = 0; nth < hashes.size(); nth++) {
                insert.setLong(1, hashes.get(nth).scope());
                insert.setBytes(2, hashes.get(nth).bytes());
                insert.setLong(3, pack + nth);
                insert.executeUpdate();
            }
        }
    }

    /**
     * Another session may need it than the one it was stored for, and it may be needed hours later.
     *
     * @return whether all of it is still there
     */
    boolean needed(Connection connection, Stored body, long session, int hour) throws SQLException {
        if (body.forgotten() != deletions) {
            for (var pack : body.packs()) {
                if (Sql.number(connection, "SELECT count(*) FROM pack WHERE id = ?", pack) == 0) {
                    return false;
                }
            }
        }
        use(connection, session, hour, body.packs());
        return true;
    }

    private void use(Connection connection, long session, int hour, long[] packs) throws SQLException {
        if (packs.length == 0) {
            return;
        }
        var known = hours.get(session);
        if (known == null) {
            known = hours(connection, session);
            hours.put(session, known);
        }
        try (var upsert = connection.prepareStatement("INSERT INTO use (pack, session, hour) VALUES (?, ?, ?)"
                + " ON CONFLICT DO UPDATE SET hour = excluded.hour")) {
            for (var pack : packs) {
                if (known.getOrDefault(pack, Integer.MIN_VALUE) < hour) {
                    upsert.setLong(1, pack);
                    upsert.setLong(2, session);
                    upsert.setInt(3, hour);
                    upsert.executeUpdate();
                    known.put(pack, hour);
                }
            }
        }
    }

    private static Map<Long, Integer> hours(Connection connection, long session) throws SQLException {
        var hours = new HashMap<Long, Integer>();
        try (var select = connection.prepareStatement("SELECT pack, hour FROM use WHERE session = ?")) {
            select.setLong(1, session);
            try (var rows = select.executeQuery()) {
                while (rows.next()) {
                    hours.put(rows.getLong(1), rows.getInt(2));
                }
            }
        }
        return hours;
    }

    /**
     * A session that is deleted needs nothing any more.
     *
     * @return whether there is more to do
     */
    boolean release(Connection connection, long session, int atMost) throws SQLException {
        return release(
                connection,
                Sql.pairs(connection, "SELECT pack, session FROM use WHERE session = ? LIMIT ?", session, atMost));
    }

    /**
     * What nobody has needed since an hour.
     *
     * @return whether there is more to do
     */
    boolean releaseBefore(Connection connection, int hour, int atMost) throws SQLException {
        return release(
                connection,
                Sql.pairs(connection, "SELECT pack, session FROM use WHERE hour < ? LIMIT ?", hour, atMost));
    }

    private boolean release(Connection connection, List<long[]> uses) throws SQLException {
        if (uses.isEmpty()) {
            return false;
        }
        for (var use : uses) {
            Sql.update(connection, "DELETE FROM use WHERE pack = ? AND session = ?", use[0], use[1]);
            if (Sql.number(connection, "SELECT count(*) FROM use WHERE pack = ?", use[0]) == 0) {
                delete(connection, use[0]);
            }
        }
        forget();
        deletions++;
        // A body that is still being stored may name what is gone: its numbers must never mean anything else.
        Marks.write(connection, "next", next);
        return true;
    }

    private void delete(Connection connection, long pack) throws SQLException {
        try (var select = connection.prepareStatement("SELECT login, session, frame FROM pack WHERE id = ?");
                var remove =
                        connection.prepareStatement("DELETE FROM part WHERE scope = ? AND hash = ? AND number = ?")) {
            select.setLong(1, pack);
            try (var rows = select.executeQuery()) {
                if (!rows.next()) {
                    return;
                }
                var login = rows.getLong(1);
                var session = rows.getLong(2);
                var number = pack;
                for (var part : Cut.parts(rows.getBytes(3))) {
                    var hash = hash(login, session, part, 0, part.length);
                    remove.setLong(1, hash.scope());
                    remove.setBytes(2, hash.bytes());
                    remove.setLong(3, number++);
                    remove.executeUpdate();
                }
            }
        } catch (Damaged e) {
            // Its parts are found no more by their bytes, which nobody has.
            Sql.update(
                    connection,
                    "DELETE FROM part WHERE number >= ? AND number < (SELECT coalesce(min(id),"
                            + " 9223372036854775807) FROM pack WHERE id > ?)",
                    pack,
                    pack);
        }
        Sql.update(connection, "DELETE FROM pack WHERE id = ?", pack);
    }

    /** The body of a manifest; any thread's. Null when a part of it is gone. */
    static byte @Nullable [] read(Connection connection, long login, byte[] manifest) throws SQLException {
        var parts = new HashMap<Long, byte[]>();
        try (var select = connection.prepareStatement(
                "SELECT id, login, frame FROM pack WHERE id <= ? ORDER BY id DESC LIMIT 1")) {
            return Manifest.body(manifest, number -> {
                if (!parts.containsKey(number)) {
                    load(select, login, number, parts);
                }
                var part = parts.get(number);
                if (part == null) {
                    throw new Gone();
                }
                return part;
            });
        } catch (Gone e) {
            return null;
        }
    }

    private static void load(java.sql.PreparedStatement select, long login, long number, Map<Long, byte[]> parts) {
        try {
            select.setLong(1, number);
            try (var rows = select.executeQuery()) {
                if (rows.next() && rows.getLong(2) == login) {
                    var at = rows.getLong(1);
                    for (var part : Cut.parts(rows.getBytes(3))) {
                        parts.put(at++, part);
                    }
                }
            }
        } catch (SQLException e) {
            throw new Unread(e);
        }
    }

    /** A part that a manifest names was deleted. */
    private static final class Gone extends RuntimeException {
        private static final long serialVersionUID = 1;

        Gone() {
            super("gone", null, false, false);
        }
    }

    private static final class Unread extends RuntimeException {
        private static final long serialVersionUID = 1;

        Unread(SQLException cause) {
            super(cause);
        }
    }

    /** Those that were asked for last. */
    private static final class Latest<K, V> extends LinkedHashMap<K, V> {
        private static final long serialVersionUID = 1;
        private final int most;

        Latest(int most) {
            super(16, 0.75f, true);
            this.most = most;
        }

        @Override
        protected boolean removeEldestEntry(Map.Entry<K, V> eldest) {
            return size() > most;
        }
    }
}
