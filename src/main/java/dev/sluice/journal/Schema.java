package dev.sluice.journal;

import java.util.List;

/**
 * The tables of the journal.
 *
 * <p>Names that repeat (persistence ids, writers, payload types, tags) are stored once and referred to by number: an event of 400 bytes
 * takes well under 500. Events lie in the order of their commit ({@code ordering}), so that writing always appends, whatever
 * entity writes; an index finds them by entity. Tags are a table apart, ordered for the one question asked of it.
 */
final class Schema {
    /** "Slui": tells our file from any other SQLite file. */
    static final int APPLICATION_ID = 0x536c7569;

    static final int VERSION = 1;

    static final List<String> STATEMENTS = List.of(
            "CREATE TABLE persistence_id ("
                    + "id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, deleted_to INTEGER NOT NULL DEFAULT 0)",
            "CREATE TABLE writer (id INTEGER PRIMARY KEY, uuid TEXT NOT NULL)",
            "CREATE TABLE payload_type (id INTEGER PRIMARY KEY, serializer INTEGER NOT NULL, manifest TEXT NOT NULL,"
                    + " adapter TEXT NOT NULL, UNIQUE (serializer, manifest, adapter))",
            "CREATE TABLE tag (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE)",
            "CREATE TABLE event (ordering INTEGER PRIMARY KEY, pid INTEGER NOT NULL, seq INTEGER NOT NULL,"
                    + " type INTEGER NOT NULL, writer INTEGER NOT NULL, written INTEGER NOT NULL, payload BLOB NOT NULL,"
                    + " meta_type INTEGER, meta BLOB)",
            "CREATE UNIQUE INDEX event_by_pid ON event (pid, seq)",
            "CREATE TABLE event_tag (tag INTEGER NOT NULL, ordering INTEGER NOT NULL, PRIMARY KEY (tag, ordering))"
                    + " WITHOUT ROWID",
            // The highest ordering given to an event that may have been deleted since: orderings are never given twice.
            "CREATE TABLE ordering_floor (one INTEGER PRIMARY KEY CHECK (one = 1), ordering INTEGER NOT NULL)",
            "INSERT INTO ordering_floor VALUES (1, 0)",
            "CREATE TABLE snapshot (pid INTEGER NOT NULL, seq INTEGER NOT NULL, taken INTEGER NOT NULL,"
                    + " type INTEGER NOT NULL, payload BLOB NOT NULL, meta_type INTEGER, meta BLOB,"
                    + " PRIMARY KEY (pid, seq))");

    static final Layout LAYOUT = new Layout("sluice", "journal", APPLICATION_ID, VERSION, STATEMENTS);

    private Schema() {}
}
