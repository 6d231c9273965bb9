package dev.sluice.journal;

import java.sql.Connection;
import java.sql.SQLException;

/** Work on a connection of {@link SqliteStore}; it neither commits nor closes. */
@FunctionalInterface
public interface SqlWork<T> {
    T apply(Connection connection) throws SQLException;
}
