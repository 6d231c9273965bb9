package dev.sluice.session;

import dev.sluice.cluster.JsonSerializable;
import dev.sluice.wire.Usage;
import java.util.LinkedHashMap;
import java.util.Map;
import org.apache.pekko.persistence.typed.SnapshotAdapter;
import org.jspecify.annotations.Nullable;

/**
 * What a session keeps in memory: whose it is, sums, and the latest requests with their cost.
 *
 * <p>Mutable, unlike other states: an immutable map of the latest requests would be copied with every event, thousands of
 * times a second. It never leaves its actor; a snapshot is a copy.
 */
final class SessionState {
    /**
     * So many requests are known by id, the latest. A record sent twice comes within seconds, so this is far more than a
     * conversation needs; a hot session has at most about 700 kB of it. For older ones the journal is read again.
     */
    static final int REMEMBERED = 4096;

    private final Map<String, Long> costs = new Latest<>(REMEMBERED);
    private String login;
    private Totals totals;

    SessionState() {
        this(new Snapshot("", Totals.NONE, Map.of()));
    }

    private SessionState(Snapshot snapshot) {
        login = snapshot.login();
        totals = snapshot.totals();
        costs.putAll(snapshot.costs());
    }

    /** Sums over every exchange. {@code costNanos} is the sum of known costs; {@code unpriced} counts the unknown ones. */
    record Totals(long exchanges, long costNanos, long unpriced, Usage usage) {
        static final Totals NONE = new Totals(0, 0, 0, new Usage(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0));

        Totals plus(Exchange exchange) {
            var cost = exchange.costNanos();
            var used = exchange.usage();
            return new Totals(
                    exchanges + 1,
                    costNanos + (cost == null ? 0 : cost),
                    unpriced + (cost == null ? 1 : 0),
                    used == null ? usage : sum(usage, used));
        }

        private static Usage sum(Usage a, Usage b) {
            return new Usage(
                    a.inputTokens() + b.inputTokens(),
                    a.cachedInputTokens() + b.cachedInputTokens(),
                    a.cacheWrite5mTokens() + b.cacheWrite5mTokens(),
                    a.cacheWrite1hTokens() + b.cacheWrite1hTokens(),
                    a.outputTokens() + b.outputTokens(),
                    a.reasoningTokens() + b.reasoningTokens(),
                    a.inputAudioTokens() + b.inputAudioTokens(),
                    a.outputAudioTokens() + b.outputAudioTokens(),
                    a.inputImageTokens() + b.inputImageTokens(),
                    a.outputImageTokens() + b.outputImageTokens(),
                    a.webSearches() + b.webSearches());
        }
    }

    /**
     * The state as the journal keeps it.
     *
     * @param costs by request id, the oldest first
     */
    record Snapshot(String login, Totals totals, Map<String, Long> costs) implements JsonSerializable {}

    /** Between the state in memory and the one on disk. */
    static final class Snapshots implements SnapshotAdapter<SessionState> {
        @Override
        public Object toJournal(SessionState state) {
            return new Snapshot(state.login, state.totals, new LinkedHashMap<>(state.costs));
        }

        @Override
        public SessionState fromJournal(Object from) {
            return new SessionState((Snapshot) from);
        }
    }

    SessionState apply(ExchangeRecorded event) {
        var exchange = event.exchange();
        if (login.isEmpty()) {
            login = exchange.login();
        }
        totals = totals.plus(exchange);
        costs.put(exchange.requestId(), costOf(exchange));
        return this;
    }

    /** Empty until an exchange told it. */
    String login() {
        return login;
    }

    Totals totals() {
        return totals;
    }

    /** What a request cost; null when it is not among the latest. */
    @Nullable
    Long costOf(String requestId) {
        return costs.get(requestId);
    }

    /** Whether there were requests that are not known by id any more. */
    boolean hasForgotten() {
        return totals.exchanges() > costs.size();
    }

    /** An unknown price charges nothing. */
    static long costOf(Exchange exchange) {
        var cost = exchange.costNanos();
        return cost == null ? 0 : cost;
    }
}
