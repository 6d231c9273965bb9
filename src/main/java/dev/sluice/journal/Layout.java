package dev.sluice.journal;

import java.util.List;

/**
 * What a SQLite file is made with, and known by.
 *
 * @param name          of the file, without {@code .db}
 * @param applicationId tells it from any other SQLite file
 * @param version       of its tables; a file of another version is refused
 * @param pragmas       before there is anything in it
 * @param statements    make its tables
 */
public record Layout(String name, int applicationId, int version, List<String> pragmas, List<String> statements) {
    public Layout {
        pragmas = List.copyOf(pragmas);
        statements = List.copyOf(statements);
    }
}
