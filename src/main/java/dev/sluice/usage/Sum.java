package dev.sluice.usage;

import dev.sluice.session.Exchange;
import java.sql.PreparedStatement;
import java.sql.SQLException;

/** What a batch adds to one session, or one caller: either has many exchanges in a row, and its row is written once. */
final class Sum {
    static final int VALUES = 8;

    long sessions;
    private long first = Long.MAX_VALUE;
    private long last = Long.MIN_VALUE;
    private long exchanges;
    private long input;
    private long cached;
    private long output;
    private long cost;
    private long unpriced;

    void add(Exchange exchange) {
        var started = LedgerTables.nanos(exchange.started());
        first = Math.min(first, started);
        last = Math.max(last, started);
        exchanges++;
        var usage = exchange.usage();
        if (usage != null) {
            input += usage.promptTokens() - usage.cachedInputTokens();
            cached += usage.cachedInputTokens();
            output += usage.outputTokens();
        }
        if (exchange.costNanos() != null) {
            cost += exchange.costNanos();
        } else if (usage != null) {
            unpriced++;
        }
    }

    /** Sets what it adds up to from a column on; returns the column behind. */
    int bind(PreparedStatement statement, int column) throws SQLException {
        var values = values();
        for (var i = 0; i < values.length; i++) {
            statement.setLong(column + i, values[i]);
        }
        return column + values.length;
    }

    /** In the order of the tables. */
    long[] values() {
        return new long[] {first, last, exchanges, input, cached, output, cost, unpriced};
    }

    /** Such values and more of them; {@code sums} may be all zero. */
    static void add(long[] sums, long[] more) {
        var isNew = sums[2] == 0;
        sums[0] = isNew ? more[0] : Math.min(sums[0], more[0]);
        sums[1] = isNew ? more[1] : Math.max(sums[1], more[1]);
        for (var i = 2; i < VALUES; i++) {
            sums[i] += more[i];
        }
    }
}
