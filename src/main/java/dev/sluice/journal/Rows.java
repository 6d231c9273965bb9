package dev.sluice.journal;

import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.OptionalLong;

/** Reading one number. */
final class Rows {
    private Rows() {}

    /** The first column of the only row. */
    static long number(PreparedStatement statement) throws SQLException {
        return optionalNumber(statement).orElseThrow(() -> new SQLException("No row, one was expected"));
    }

    static OptionalLong optionalNumber(PreparedStatement statement) throws SQLException {
        try (var rows = statement.executeQuery()) {
            return rows.next() ? OptionalLong.of(rows.getLong(1)) : OptionalLong.empty();
        }
    }
}
