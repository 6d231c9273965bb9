package dev.sluice.session;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import dev.sluice.session.Exchange.Outcome;
import dev.sluice.session.Exchange.Tool;
import dev.sluice.wire.Usage;
import java.time.Instant;
import java.util.List;
import org.apache.pekko.persistence.testkit.PersistenceTestKitPlugin;
import org.apache.pekko.persistence.testkit.PersistenceTestKitSnapshotPlugin;
import org.jspecify.annotations.Nullable;

/** Exchanges to test with, and the configuration of a system that journals them in memory. */
final class Exchanges {
    static final Instant NOON = Instant.parse("2026-11-21T12:00:00Z");

    private Exchanges() {}

    static Exchange of(String requestId, String session, String login, @Nullable Long costNanos) {
        return of(requestId, session, login, costNanos, null);
    }

    static Exchange answering(String responseId, String session, String login) {
        return of("request-of-" + responseId, session, login, 1L, responseId);
    }

    private static Exchange of(
            String requestId, String session, String login, @Nullable Long costNanos, @Nullable String responseId) {
        return new Exchange(
                requestId,
                session,
                login,
                "node-1",
                List.of("tag:ci"),
                "openai",
                "gpt-5",
                "gpt-5-2026-01-01",
                "openai_chat",
                "/v1/chat/completions",
                "POST",
                200,
                "agent/1.0",
                true,
                NOON,
                120,
                2500,
                new Usage(100, 20, 0, 0, 30, 10, 0, 0, 0, 0, 0),
                costNanos,
                costNanos == null ? null : "openai/gpt-5",
                List.of(new Tool("read_file", "call_1")),
                "stop",
                Outcome.COMPLETED,
                null,
                false,
                900,
                4200,
                List.of("daily:" + login),
                responseId,
                null);
    }

    /** The same, but another provider had been silent before. */
    static Exchange repeated(Exchange e) {
        return new Exchange(
                e.requestId(),
                e.session(),
                e.login(),
                e.node(),
                e.tags(),
                e.provider(),
                e.model(),
                e.answeredModel(),
                e.format(),
                e.path(),
                e.method(),
                e.status(),
                e.userAgent(),
                e.stream(),
                e.started(),
                e.firstByteMillis(),
                e.durationMillis(),
                e.usage(),
                e.costNanos(),
                e.priceBasis(),
                e.tools(),
                e.finishReason(),
                e.outcome(),
                e.refusal(),
                e.estimated(),
                e.bytesIn(),
                e.bytesOut(),
                e.buckets(),
                e.responseId(),
                List.of(
                        new Exchange.Attempt("azure", "gpt-5", 0, "TIMEOUT", 300),
                        new Exchange.Attempt("openai", "gpt-5", 200, null, 2100)));
    }

    /** Of a request to {@code session} by {@code login}. */
    static RequestMemo memo(String session, String login) {
        return new RequestMemo(
                session,
                login,
                "node-1",
                List.of("tag:ci"),
                "openai",
                "gpt-5",
                "openai_chat",
                "POST",
                "/v1/chat/completions",
                true,
                NOON,
                List.of("daily:" + login, "pool"));
    }

    static Config config() {
        return PersistenceTestKitPlugin.config()
                .withFallback(PersistenceTestKitSnapshotPlugin.config())
                .withFallback(ConfigFactory.parseResourcesAnySyntax("session-test"))
                .withFallback(ConfigFactory.defaultReference())
                .resolve();
    }
}
