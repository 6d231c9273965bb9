package dev.sluice.capture;

import dev.sluice.journal.Layout;
import java.util.List;

/**
 * The tables of {@code captures.db}.
 *
 * <p>{@code pack} has the parts of bodies that one turn brought, compressed together: one by one they would compress badly. A part's number
 * is its pack's and its place in there, so that no table has to say where it is; {@code part} finds it by its hash, within
 * a scope: a session's number, or minus a login's. {@code use} says which
 * session needs which packs, and when it did last, by the hour: a pack lives as long as one does. {@code content} is what only this
 * capture has: headers, manifest, answer. {@code tool} is apart from it, because it may be kept longer.
 */
final class CaptureSchema {
    static final Layout LAYOUT = new Layout(
            "captures",
            // "SlCa"
            0x536c4361,
            1,
            List.of(
                    // Frames of one to three kB waste less of a larger page.
                    "PRAGMA page_size = 8192",
                    // What is purged gives its space back, a few pages at a time.
                    "PRAGMA auto_vacuum = INCREMENTAL"),
            List.of(
                    "CREATE TABLE login (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE)",
                    "CREATE TABLE session (id INTEGER PRIMARY KEY, name TEXT NOT NULL, login INTEGER NOT NULL,"
                            + " UNIQUE (name, login))",
                    "CREATE INDEX session_by_login ON session (login)",
                    "CREATE TABLE capture (id INTEGER PRIMARY KEY, request_id TEXT NOT NULL UNIQUE,"
                            + " session INTEGER NOT NULL, kept INTEGER NOT NULL, bytes INTEGER NOT NULL,"
                            + " exported INTEGER NOT NULL DEFAULT 0)",
                    "CREATE INDEX capture_by_session ON capture (session)",
                    "CREATE TABLE content (id INTEGER PRIMARY KEY, frame BLOB NOT NULL)",
                    "CREATE TABLE tool (id INTEGER PRIMARY KEY, frame BLOB NOT NULL)",
                    "CREATE TABLE pack (id INTEGER PRIMARY KEY, login INTEGER NOT NULL, session INTEGER NOT NULL,"
                            + " frame BLOB NOT NULL)",
                    "CREATE TABLE part (scope INTEGER NOT NULL, hash BLOB NOT NULL, number INTEGER NOT NULL,"
                            + " PRIMARY KEY (scope, hash)) WITHOUT ROWID",
                    "CREATE TABLE use (pack INTEGER NOT NULL, session INTEGER NOT NULL, hour INTEGER NOT NULL,"
                            + " PRIMARY KEY (pack, session)) WITHOUT ROWID",
                    "CREATE INDEX use_by_session ON use (session)",
                    "CREATE INDEX use_by_hour ON use (hour)",
                    // A row with the value, and one without any: for those who ask whether the header was there.
                    "CREATE TABLE header (name TEXT NOT NULL, value TEXT NOT NULL, started INTEGER NOT NULL,"
                            + " capture INTEGER NOT NULL, PRIMARY KEY (name, value, started, capture)) WITHOUT ROWID",
                    "CREATE INDEX header_by_capture ON header (capture)",
                    // next: the number of the next part, never given twice. exported: how far in the journal.
                    "CREATE TABLE mark (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID"));

    private CaptureSchema() {}
}
