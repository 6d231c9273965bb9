package dev.sluice.journal;

import java.util.List;

/**
 * A SQLite file of ours: what it is called, how it is told from others, and its tables.
 *
 * @param file          its name, without {@code .db}
 * @param room          whose it is; its threads are named after it
 * @param applicationId tells it from any other SQLite file
 * @param version       of the tables; a file of another one is refused
 * @param statements    make the tables, once
 */
public record Layout(String file, String room, int applicationId, int version, List<String> statements) {
    public Layout {
        statements = List.copyOf(statements);
    }
}
