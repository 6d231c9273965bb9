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
 * @param cacheKib      of its pages that the writer keeps
 * @param derived       whether all in it can be made again: then one that cannot be used is put aside, and another begun, where others end the start
 */
public record Layout(
        String name,
        int applicationId,
        int version,
        List<String> pragmas,
        List<String> statements,
        int cacheKib,
        boolean derived) {
    private static final int USUAL_CACHE_KIB = 16_000;

    /** One whose content stands nowhere else. */
    public Layout(String name, int applicationId, int version, List<String> pragmas, List<String> statements) {
        this(name, applicationId, version, pragmas, statements, USUAL_CACHE_KIB, false);
    }

    public Layout {
        pragmas = List.copyOf(pragmas);
        statements = List.copyOf(statements);
    }
}
