package dev.sluice.journal;

import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.Map;
import java.util.Properties;
import org.sqlite.jdbc4.JDBC4Connection;
import org.sqlite.jdbc4.JDBC4PreparedStatement;

/**
 * A connection that prepares each statement once. To its users it is plain JDBC: they prepare and close, and closing merely makes the
 * statement ready for its next use. A subclass, because a wrapper would repeat all of {@link java.sql.Connection}.
 */
final class CachingConnection extends JDBC4Connection {

    /** Statements are constants of the code, so this is never reached; it bounds a caller that builds SQL by hand. */
    private static final int MAX_STATEMENTS = 200;

    private final Map<String, Reusable> statements = new HashMap<>();

    CachingConnection(String file, Properties properties) throws SQLException {
        super("jdbc:sqlite:" + file, file, properties);
    }

    @Override
    public PreparedStatement prepareStatement(String sql) throws SQLException {
        var known = statements.get(sql);
        if (known != null) {
            return known;
        }
        if (statements.size() >= MAX_STATEMENTS) {
            return super.prepareStatement(sql);
        }
        var statement = new Reusable(this, sql);
        statements.put(sql, statement);
        return statement;
    }

    /** Closing it ends its result and forgets its parameters; it ends for good with its connection. */
    private static final class Reusable extends JDBC4PreparedStatement {
        Reusable(CachingConnection connection, String sql) throws SQLException {
            super(connection, sql);
        }

        @Override
        public void close() throws SQLException {
            if (pointer.isClosed()) {
                return;
            }
            // A result left open would hold its snapshot, and the log could not be cut.
            rs.close();
            clearParameters();
        }
    }
}
