package dev.sluice.proxy;

import dev.sluice.quota.Quota.Reservation;
import dev.sluice.session.Exchange;
import dev.sluice.session.Sessions;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Puts exchanges into the books: records one, then settles its cost.
 *
 * <p>In this order, because a crash between the two finds the reservation without an owner, and whoever charges it then asks
 * the session what the request had cost. The other way round there would be a charge that no exchange explains.
 *
 * <p>What costs something is recorded only once its buckets hold it in their journals, for a crash must not leave an exchange whose cost no
 * bucket has ever heard of. Mostly they do long before. Where they could not in time, the client got no answer; but it may have left before that
 * was known, and then the provider wants its prompt paid.
 */
final class Posting {
    private static final Logger log = LoggerFactory.getLogger(Posting.class);

    private final Sessions sessions;
    private final Runnable posted;

    /** @param posted runs once for each exchange, when there is nothing left to be done for it */
    Posting(Sessions sessions, Runnable posted) {
        this.sessions = sessions;
        this.posted = posted;
    }

    void post(Exchange exchange, @Nullable Reservation reservation) {
        if (reservation == null) {
            record(exchange, null);
            return;
        }
        if (exchange.costNanos() != null) {
            reservation.cost(cost(exchange));
        }
        var _ = reservation.recorded().whenComplete((done, unrecorded) -> {
            if (unrecorded == null || cost(exchange) == 0) {
                record(exchange, reservation);
            } else {
                insist(exchange, reservation);
            }
        });
    }

    private void insist(Exchange exchange, Reservation reservation) {
        var _ = reservation.insist().whenComplete((done, failure) -> {
            if (failure == null) {
                record(exchange, reservation);
                return;
            }
            log.atError()
                    .addKeyValue("requestId", exchange.requestId())
                    .addKeyValue("session", exchange.session())
                    .addKeyValue("costNanos", exchange.costNanos())
                    .setCause(failure)
                    .log(
                            "a request without an answer is in no books: its buckets could not be reached before the node went down");
            posted.run();
        });
    }

    private void record(Exchange exchange, @Nullable Reservation reservation) {
        var _ = sessions.record(exchange).whenComplete((recorded, failure) -> {
            if (failure != null) {
                log.atError()
                        .addKeyValue("requestId", exchange.requestId())
                        .addKeyValue("session", exchange.session())
                        .setCause(failure)
                        .log("an exchange was not recorded; its cost is charged all the same");
            }
            // Taken for dead and heard of again: then the first word counts, as it does in the ledger.
            settle(exchange, recorded == null ? cost(exchange) : recorded, reservation);
        });
    }

    private void settle(Exchange exchange, long cost, @Nullable Reservation reservation) {
        if (reservation == null) {
            posted.run();
            return;
        }
        var settled = cost == 0 ? reservation.release() : reservation.settle(cost);
        var _ = settled.whenComplete((done, failure) -> {
            if (failure != null) {
                log.atError()
                        .addKeyValue("requestId", exchange.requestId())
                        .addKeyValue("costNanos", cost)
                        .setCause(failure)
                        .log("a cost was not settled before the node went down; it is charged on the next start");
            }
            posted.run();
        });
    }

    /** An unknown price charges nothing: it is shown as unknown, and never as a number that nobody knows. */
    private static long cost(Exchange exchange) {
        var cost = exchange.costNanos();
        return cost == null ? 0 : cost;
    }
}
