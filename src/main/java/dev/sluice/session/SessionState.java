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

    /** More models than an agent uses; what a client makes up beyond pushes out the oldest. */
    static final int HOMES = 16;

    private final Map<String, Long> costs = new Latest<>(REMEMBERED);
    private final Map<String, String> homes = new Latest<>(HOMES);
    private String login;
    private Totals totals;

    SessionState() {
        this(new Snapshot("", Totals.NONE, Map.of(), Map.of()));
    }

    private SessionState(Snapshot snapshot) {
        login = snapshot.login();
        totals = snapshot.totals();
        costs.putAll(snapshot.costs());
        homes.putAll(snapshot.homes());
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
     * @param homes by model, the {@code provider/model} that answered it first; absent in older snapshots
     */
    record Snapshot(String login, Totals totals, Map<String, Long> costs, Map<String, String> homes)
            implements JsonSerializable {
        // Jackson hands over null for what an older snapshot does not have.
        @SuppressWarnings("ConstantValue")
        Snapshot {
            homes = homes == null ? Map.of() : homes;
        }
    }

    /** Between the state in memory and the one on disk. */
    static final class Snapshots implements SnapshotAdapter<SessionState> {
        @Override
        public Object toJournal(SessionState state) {
            return new Snapshot(
                    state.login, state.totals, new LinkedHashMap<>(state.costs), new LinkedHashMap<>(state.homes));
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
        if (hasHome(exchange)) {
            homes.putIfAbsent(exchange.askedModel(), homeOf(exchange));
        }
        return this;
    }

    /** Only who answered can be asked again. */
    static boolean hasHome(Exchange exchange) {
        return exchange.status() >= 200 && exchange.status() < 300;
    }

    static String homeOf(Exchange exchange) {
        return exchange.provider() + "/" + exchange.model();
    }

    /** Empty until an exchange told it. */
    String login() {
        return login;
    }

    /** Who answered a model first; empty when nobody did. */
    String home(String model) {
        return homes.getOrDefault(model, "");
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
