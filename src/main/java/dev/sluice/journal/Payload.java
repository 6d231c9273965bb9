package dev.sluice.journal;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import org.jspecify.annotations.Nullable;

/** An object as bytes, with what it takes to read them. */
@SuppressWarnings(
        "ArrayRecordComponent") // Handed through between serializer and driver, which both want the array; never
// compared.
record Payload(Type type, byte[] bytes) {

    /**
     * How a payload was written.
     *
     * @param adapter the event adapter's manifest; empty for most
     */
    record Type(int serializer, String manifest, String adapter) {}

    /** Reads the four columns that start at {@code column}: serializer, manifest, adapter, bytes; null when there is none. */
    static @Nullable Payload read(ResultSet row, int column) throws SQLException {
        var bytes = row.getBytes(column + 3);
        return bytes == null
                ? null
                : new Payload(
                        new Type(row.getInt(column), row.getString(column + 1), row.getString(column + 2)), bytes);
    }

    /** Finds a type's number, or gives it one. */
    static long typeNumber(Connection connection, Type type) throws SQLException {
        try (var find = connection.prepareStatement(
                "SELECT id FROM payload_type WHERE serializer = ? AND manifest = ? AND adapter = ?")) {
            bind(find, type);
            try (var rows = find.executeQuery()) {
                if (rows.next()) {
                    return rows.getLong(1);
                }
            }
        }
        try (var insert = connection.prepareStatement(
                "INSERT INTO payload_type (serializer, manifest, adapter) VALUES (?, ?, ?) RETURNING id")) {
            bind(insert, type);
            return Rows.number(insert);
        }
    }

    private static void bind(PreparedStatement statement, Type type) throws SQLException {
        statement.setInt(1, type.serializer());
        statement.setString(2, type.manifest());
        statement.setString(3, type.adapter());
    }
}
