package dev.sluice.capture;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;

/** Statements about numbers. */
final class Sql {
    private Sql() {}

    static long number(Connection connection, String sql, long... parameters) throws SQLException {
        return number(connection, sql, 0, parameters);
    }

    /** Or what is to be taken when there is no row. */
    static long number(Connection connection, String sql, long otherwise, long[] parameters) throws SQLException {
        try (var select = connection.prepareStatement(sql)) {
            bind(select, parameters);
            try (var rows = select.executeQuery()) {
                return rows.next() ? rows.getLong(1) : otherwise;
            }
        }
    }

    static List<long[]> pairs(Connection connection, String sql, long... parameters) throws SQLException {
        try (var select = connection.prepareStatement(sql)) {
            bind(select, parameters);
            var pairs = new ArrayList<long[]>();
            try (var rows = select.executeQuery()) {
                while (rows.next()) {
                    pairs.add(new long[] {rows.getLong(1), rows.getLong(2)});
                }
            }
            return pairs;
        }
    }

    static int update(Connection connection, String sql, long... parameters) throws SQLException {
        try (var update = connection.prepareStatement(sql)) {
            bind(update, parameters);
            return update.executeUpdate();
        }
    }

    private static void bind(PreparedStatement statement, long[] parameters) throws SQLException {
        for (var nth = 0; nth < parameters.length; nth++) {
            statement.setLong(nth + 1, parameters[nth]);
        }
    }
}
