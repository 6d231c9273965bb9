package dev.sluice.usage;

import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.HexFormat;

/** Ids of requests as the ledger keeps them: our own ones, {@code req_} and hex digits, as the bytes they stand for, which are less than half as long. */
final class RequestKey {
    private static final String PREFIX = "req_";
    private static final int DIGITS = 28;

    private RequestKey() {}

    static void bind(PreparedStatement statement, int column, String requestId) throws SQLException {
        if (isOurs(requestId)) {
            statement.setBytes(column, HexFormat.of().parseHex(requestId, PREFIX.length(), requestId.length()));
        } else {
            statement.setString(column, requestId);
        }
    }

    static String read(ResultSet row, int column) throws SQLException {
        return row.getObject(column) instanceof byte[] bytes
                ? PREFIX + HexFormat.of().formatHex(bytes)
                : row.getString(column);
    }

    /** Lower case only: any other spelling is another id. */
    private static boolean isOurs(String requestId) {
        return requestId.length() == PREFIX.length() + DIGITS
                && requestId.startsWith(PREFIX)
                && requestId
                        .chars()
                        .skip(PREFIX.length())
                        .allMatch(c -> (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'));
    }
}
