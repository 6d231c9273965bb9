package dev.sluice.journal;

import java.sql.Connection;
import java.sql.SQLException;

/**
 * Work that nobody waits for, in pieces of about a millisecond, each a transaction of its own: between two of them the writer serves those
 * who do wait. It neither commits nor closes.
 */
@FunctionalInterface
public interface PatientWork {
    /**
     * Does one piece.
     *
     * @param piece how many pieces are committed already
     * @return whether there is more
     */
    boolean apply(Connection connection, int piece) throws SQLException;
}
