package dev.sluice.export;

import dev.sluice.config.ExportFormat;
import dev.sluice.export.Exporter.Export;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** {@link Progress} in the node's file: two tables of one row at most. */
final class ProgressTable {
    private ProgressTable() {}

    /** Makes the tables if there are none. */
    static Progress prepare(Connection connection) throws SQLException {
        execute(
                connection,
                "CREATE TABLE IF NOT EXISTS export_progress (one INTEGER PRIMARY KEY CHECK (one = 1),"
                        + " last INTEGER NOT NULL, stamp INTEGER NOT NULL, ended INTEGER, object TEXT, records INTEGER,"
                        + " bytes INTEGER)");
        execute(
                connection,
                "CREATE TABLE IF NOT EXISTS export_plan (one INTEGER PRIMARY KEY CHECK (one = 1), first INTEGER NOT NULL,"
                        + " last INTEGER NOT NULL, stamp INTEGER NOT NULL, object TEXT NOT NULL, endpoint TEXT NOT NULL,"
                        + " bucket TEXT NOT NULL, format TEXT NOT NULL)");
        execute(connection, "INSERT INTO export_progress (one, last, stamp) VALUES (1, 0, 0) ON CONFLICT DO NOTHING");
        try (var select = connection.prepareStatement(
                        "SELECT last, stamp, ended, object, records, bytes FROM export_progress");
                var row = select.executeQuery()) {
            row.next();
            var object = row.getString(4);
            var last = object == null
                    ? null
                    : new Export(Instant.ofEpochMilli(row.getLong(3)), object, row.getLong(5), row.getLong(6));
            return new Progress(row.getLong(1), row.getLong(2), last, plan(connection));
        }
    }

    private static @Nullable Plan plan(Connection connection) throws SQLException {
        try (var select = connection.prepareStatement(
                        "SELECT first, last, stamp, object, endpoint, bucket, format FROM export_plan");
                var row = select.executeQuery()) {
            return row.next()
                    ? new Plan(
                            row.getLong(1),
                            row.getLong(2),
                            row.getLong(3),
                            row.getString(4),
                            row.getString(5),
                            row.getString(6),
                            ExportFormat.of(row.getString(7)).orElse(ExportFormat.CBOR_ZSTD))
                    : null;
        }
    }

    static void plan(Connection connection, Plan plan) throws SQLException {
        try (var replace = connection.prepareStatement(
                        "INSERT OR REPLACE INTO export_plan (one, first, last, stamp, object, endpoint, bucket, format)"
                                + " VALUES (1, ?, ?, ?, ?, ?, ?, ?)");
                var update = connection.prepareStatement("UPDATE export_progress SET stamp = ?")) {
            replace.setLong(1, plan.from());
            replace.setLong(2, plan.to());
            replace.setLong(3, plan.stamp());
            replace.setString(4, plan.object());
            replace.setString(5, plan.endpoint());
            replace.setString(6, plan.bucket());
            replace.setString(7, plan.format().suffix());
            replace.executeUpdate();
            update.setLong(1, plan.stamp());
            update.executeUpdate();
        }
    }

    static void done(Connection connection, Plan plan, Export export) throws SQLException {
        execute(connection, "DELETE FROM export_plan");
        try (var update = connection.prepareStatement(
                "UPDATE export_progress SET last = ?, ended = ?, object = ?, records = ?, bytes = ?")) {
            update.setLong(1, plan.to());
            update.setLong(2, export.at().toEpochMilli());
            update.setString(3, export.object());
            update.setLong(4, export.records());
            update.setLong(5, export.bytes());
            update.executeUpdate();
        }
    }

    private static void execute(Connection connection, String sql) throws SQLException {
        try (var statement = connection.prepareStatement(sql)) {
            statement.execute();
        }
    }
}
