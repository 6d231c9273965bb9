package dev.sluice.proxy;

import dev.sluice.capture.Captures;
import dev.sluice.capture.Transcript;
import dev.sluice.hook.Hooks;
import dev.sluice.policy.InForce;
import dev.sluice.quota.Quota.Reservation;
import dev.sluice.session.Exchange;
import dev.sluice.session.Sessions;
import dev.sluice.session.Sessions.Origin;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.pekko.Done;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;

/**
 * Keeps the books of answers that have ended: records the exchange, then settles its cost.
 *
 * <p>In this order, because a crash between the two finds the reservation without an owner, and whoever charges it then asks
 * the session what the request had cost. The other way round there would be a charge that no exchange explains.
 */
final class Books {
    private static final Logger log = LoggerFactory.getLogger(Books.class);

    private final Sessions sessions;
    private final Captures captures;
    private final Hooks hooks;
    private final Background background;
    private final RequestMetrics metrics;
    private final AtomicLong open = new AtomicLong();
    private final CompletableFuture<Done> balanced = new CompletableFuture<>();
    private final AtomicBoolean closing = new AtomicBoolean();

    Books(Sessions sessions, Captures captures, Hooks hooks, Background background, RequestMetrics metrics) {
        this.sessions = sessions;
        this.captures = captures;
        this.hooks = hooks;
        this.background = background;
        this.metrics = metrics;
    }

    /** A request has begun; {@link #close} or {@link #drop} ends it. */
    void open() {
        open.incrementAndGet();
    }

    /** Its session is known, and it goes on to a provider. */
    void named(String session, String login, Transcript transcript, InForce rules) {
        captures.begin(session, login, transcript, rules.policy().database());
    }

    /** Requests that have begun and are not in the books yet. */
    long openRequests() {
        return open.get();
    }

    void streamBegan() {
        metrics.streamBegan();
    }

    void streamEnded() {
        metrics.streamEnded();
    }

    void close(Ended request, @Nullable Reservation reservation) {
        var exchange = request.exchange();
        log(exchange);
        metrics.ended(exchange, () -> request.lists(exchange.provider(), exchange.model()));
        // Before the journal hears of it, as what hooks are told: whoever follows the journal may rely on that.
        var captured = capture(request);
        var permit = request.permit();
        if (permit == null || permit.hooks().isEmpty()) {
            freeAfter(captured, request.transcript());
            write(exchange, reservation);
            return;
        }
        var told = hooks.tell(new Hooks.Ended(
                exchange,
                permit,
                request.tools(),
                request.transcript(),
                request.rules().policy().database()));
        freeAfter(captured.thenCombine(told, (_, _) -> Done.getInstance()), request.transcript());
        var _ = told.whenComplete((done, failure) -> write(exchange, reservation));
    }

    private CompletionStage<Done> capture(Ended request) {
        var transcript = request.transcript();
        return transcript == null
                ? CompletableFuture.completedStage(Done.getInstance())
                : captures.keep(
                        request.exchange(),
                        transcript,
                        request.tools(),
                        request.rules().policy().database());
    }

    private static void freeAfter(CompletionStage<Done> used, @Nullable Transcript transcript) {
        if (transcript != null) {
            var _ = used.whenComplete((done, failure) -> transcript.free());
        }
    }

    private void write(Exchange exchange, @Nullable Reservation reservation) {
        if (reservation == null) {
            record(exchange, null);
        } else {
            // Else a crash could leave an exchange whose cost no bucket has ever heard of.
            var _ = reservation.recorded().whenComplete((done, failure) -> record(exchange, reservation));
        }
    }

    /** Its response goes on in the background: it stays open, and can be followed up; false when that cannot be. */
    boolean keepOpen(Underway request, String responseId, Origin origin) {
        if (!background.keep(request, responseId)) {
            return false;
        }
        var login = request.call().caller().login();
        var _ = sessions.link(login, responseId, origin).whenComplete((done, failure) -> {
            if (failure != null) {
                log.atError()
                        .addKeyValue("requestId", request.requestId())
                        .setCause(failure)
                        .log("a response in the background cannot be followed up; its worst case is charged");
            }
        });
        return true;
    }

    private void record(Exchange exchange, @Nullable Reservation reservation) {
        var cost = exchange.costNanos();
        if (reservation != null && cost != null) {
            reservation.cost(cost);
        }
        var _ = sessions.record(exchange).whenComplete((done, failure) -> {
            if (failure != null) {
                log.atError()
                        .addKeyValue("requestId", exchange.requestId())
                        .addKeyValue("session", exchange.session())
                        .setCause(failure)
                        .log("an exchange was not recorded; its cost is charged all the same");
            }
            settle(exchange, reservation);
        });
    }

    private void settle(Exchange exchange, @Nullable Reservation reservation) {
        if (reservation == null) {
            ended();
            return;
        }
        // An unknown price charges nothing: it is shown as unknown, and never as a number that nobody knows.
        var cost = exchange.costNanos();
        var settled = cost == null || cost == 0 ? reservation.release() : reservation.settle(cost);
        var _ = settled.whenComplete((done, failure) -> {
            if (failure != null) {
                log.atError()
                        .addKeyValue("requestId", exchange.requestId())
                        .addKeyValue("costNanos", cost)
                        .setCause(failure)
                        .log("a cost was not settled before the node went down; it is charged on the next start");
            }
            ended();
        });
    }

    /** Completes when the money is free again. */
    CompletionStage<Done> release(Reservation reservation) {
        open.incrementAndGet();
        return reservation.release().whenComplete((done, failure) -> ended());
    }

    private void ended() {
        if (open.decrementAndGet() == 0 && closing.get()) {
            balanced.complete(Done.getInstance());
        }
    }

    /** Completes when no request is under way any more and nothing is left to be written. */
    CompletionStage<Done> balanced() {
        background.close();
        closing.set(true);
        if (open.get() == 0) {
            balanced.complete(Done.getInstance());
        }
        return balanced;
    }

    static void log(Exchange exchange) {
        var level = exchange.outcome() == Exchange.Outcome.REFUSED ? Level.WARN : Level.INFO;
        if (!log.isEnabledForLevel(level)) {
            return;
        }
        var line = log.atLevel(level)
                .addKeyValue("requestId", exchange.requestId())
                .addKeyValue("session", exchange.session())
                .addKeyValue("caller", exchange.login())
                .addKeyValue("provider", exchange.provider())
                .addKeyValue("model", exchange.model())
                .addKeyValue("format", exchange.format())
                .addKeyValue("stream", exchange.stream())
                .addKeyValue("status", exchange.status())
                .addKeyValue("outcome", exchange.outcome())
                .addKeyValue("refusal", exchange.refusal())
                .addKeyValue("finish", exchange.finishReason());
        var usage = exchange.usage();
        if (usage != null) {
            line = line.addKeyValue("inputTokens", usage.inputTokens())
                    .addKeyValue("cachedInputTokens", usage.cachedInputTokens())
                    .addKeyValue("cacheWriteTokens", usage.cacheWrite5mTokens() + usage.cacheWrite1hTokens())
                    .addKeyValue("outputTokens", usage.outputTokens())
                    .addKeyValue("reasoningTokens", usage.reasoningTokens())
                    .addKeyValue("estimated", exchange.estimated());
        }
        line.addKeyValue("costNanos", exchange.costNanos())
                .addKeyValue("firstByteMillis", exchange.firstByteMillis() < 0 ? null : exchange.firstByteMillis())
                .addKeyValue("millis", exchange.durationMillis())
                .addKeyValue("bytesIn", exchange.bytesIn())
                .addKeyValue("bytesOut", exchange.bytesOut())
                .addKeyValue(
                        "attempts",
                        exchange.attempts() == null ? 1 : exchange.attempts().size())
                .addKeyValue("userAgent", exchange.userAgent())
                .log("request");
    }

    /** A request ends of which there is nothing to remember. */
    void drop(Underway request, Refusal refusal) {
        metrics.dropped(request.format.name(), refusal);
        log.atWarn()
                .addKeyValue("requestId", request.requestId())
                .addKeyValue("caller", request.call().caller().login())
                .addKeyValue("format", request.format.name())
                .addKeyValue("path", request.call().request().getUri().path())
                .addKeyValue("status", refusal.error().status())
                .addKeyValue("refusal", refusal.kind())
                .addKeyValue("userAgent", request.userAgent())
                .log("refused");
        ended();
    }
}
