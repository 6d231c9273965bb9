package dev.sluice.capture;

import java.sql.Connection;
import java.sql.SQLException;

/** Numbers that outlive the process. */
final class Marks {
    private Marks() {}

    /** 0 when it was never written. */
    static long read(Connection connection, String name) throws SQLException {
        try (var select = connection.prepareStatement("SELECT value FROM mark WHERE name = ?")) {
            select.setString(1, name);
            try (var rows = select.executeQuery()) {
                return rows.next() ? rows.getLong(1) : 0;
            }
        }
    }

    static void write(Connection connection, String name, long value) throws SQLException {
        try (var upsert = connection.prepareStatement(
                "INSERT INTO mark (name, value) VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value")) {
            upsert.setString(1, name);
            upsert.setLong(2, value);
            upsert.executeUpdate();
        }
    }
}
