package dev.sluice.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.sluice.testing.AdminApi;
import dev.sluice.testing.BareProvider;
import dev.sluice.testing.Eventually;
import dev.sluice.testing.RawHttp;
import dev.sluice.testing.TestFormat;
import dev.sluice.testing.TestGateway;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What happens when a provider fails before the first byte of its answer. */
class FailoverIT {
    private static final Duration SOON = Duration.ofSeconds(20);
    private static final long PRICE_NANOS = 10 * 2_000 + 5 * 8_000;
    private static final String ANSWER = """
            {"id":"c1","object":"chat.completion","model":"m","choices":[{"index":0,"message":{"role":"assistant","content":"%s"},\
            "finish_reason":"stop"}],"usage":{"prompt_tokens":10,"completion_tokens":5,"total_tokens":15}}""";

    @TempDir
    Path data;

    /** A provider that plays what it is told, one reply a request, and its own name when it is told nothing. */
    private static final class Told implements AutoCloseable {
        private final String name;
        private String keys = "\"apikey\": \"k\"";
        private final Queue<Reply> replies = new ConcurrentLinkedQueue<>();
        private final List<BareProvider.Request> received = new CopyOnWriteArrayList<>();
        private final BareProvider provider;

        @FunctionalInterface
        private interface Reply {
            void write(OutputStream out) throws Exception;
        }

        Told(String name) {
            this.name = name;
            this.provider = BareProvider.start((request, in, out) -> {
                received.add(request);
                var reply = replies.poll();
                (reply == null ? status(200) : reply).write(out);
            });
        }

        Told says(int status, String... headers) {
            replies.add(status(status, headers));
            return this;
        }

        Told resets() {
            replies.add(out -> {
                throw new IOException("on purpose");
            });
            return this;
        }

        Told isSilentUntil(CountDownLatch end) {
            replies.add(out -> {
                assertThat(end.await(20, TimeUnit.SECONDS)).isTrue();
                throw new IOException("on purpose");
            });
            return this;
        }

        private Reply status(int status, String... headers) {
            return out -> {
                var body = status == 200
                        ? ANSWER.formatted(name)
                        : "{\"error\":{\"message\":\"%d of %s\",\"type\":\"t\",\"param\":null,\"code\":null}}"
                                .formatted(status, name);
                var lines = new ArrayList<>(List.of(
                        "HTTP/1.1 " + status + " Told",
                        "content-type: application/json",
                        "content-length: " + body.length()));
                lines.addAll(List.of(headers));
                out.write((String.join("\r\n", lines) + "\r\n\r\n" + body).getBytes(StandardCharsets.US_ASCII));
            };
        }

        Told hasKeys(String list) {
            keys = "\"apikeys\": [" + list + "]";
            return this;
        }

        int count() {
            return received.size();
        }

        /** Its port refuses from now on. */
        void goesAway() {
            provider.close();
        }

        @Override
        public void close() {
            provider.close();
        }
    }

    /** Two providers of one model, {@code a} preferred, and what stands in for it, each with a bucket of its own beside a common one. */
    private TestGateway gateway(Map<String, ?> settings, String fallbacks, Told... providers) throws Exception {
        var entries = new StringBuilder();
        for (int i = 0; i < providers.length; i++) {
            entries.append("""
                    "%s": { "baseurl": "%s", %s, "models": ["m-%s", "m"], "preference": %d,
                      "cost_basis": "openai", "model_cost_map": [{ "match": "*", "as": "gpt-4.1" }] },
                    """.formatted(
                            providers[i].name, providers[i].provider.url(), providers[i].keys, providers[i].name, -i));
        }
        var policy = """
                {
                  "grants": [{ "src": ["*"], "app": { "tailscale.com/cap/aperture": [
                    { "role": "admin" },
                    { "models": "a/** b/** c/**", "quotas": [{ "bucket": "pool" }] },
                    { "models": "c/**", "quotas": [{ "bucket": "dear" }] } ] } }],
                  "quotas": {
                    "pool": { "capacity": "$10.00", "rate": "$0.00/day", "on_exceed": "reject" },
                    "dear": { "capacity": "$10.00", "rate": "$0.00/day", "on_exceed": "reject" },
                  },
                  "providers": { %s },
                  "fallbacks": { %s },
                }
                """.formatted(entries, fallbacks);
        var all = new java.util.HashMap<String, Object>(Map.of("sluice.retries.pause", "10ms"));
        all.putAll(settings);
        return TestGateway.start(data, policy, all);
    }

    private record Answer(RawHttp.Head head, String text) {}

    private static Answer ask(TestGateway gateway, String model, String session) {
        try (var http = RawHttp.connect(gateway.node().address())) {
            http.post(
                    TestFormat.CHAT.path(),
                    TestFormat.CHAT.body(model, false, "Hello?"),
                    "User-Agent: failover",
                    "x-session-id: " + session);
            return new Answer(http.readHead(), http.readRest().text());
        }
    }

    private static Answer ask(TestGateway gateway) {
        return ask(gateway, "m", "one");
    }

    /** The exchanges of a session, as soon as there are so many. */
    private static List<JsonNode> exchanges(TestGateway gateway, int count) {
        var found = new ArrayList<JsonNode>();
        Eventually.await(SOON, () -> {
            found.clear();
            try (var api = new AdminApi(gateway.node().address())) {
                found.addAll(api.exchanges());
            }
            assertThat(found).hasSize(count);
        });
        return found;
    }

    private static long spent(TestGateway gateway, String bucket) throws Exception {
        try (var api = new AdminApi(gateway.node().address())) {
            var found = api.buckets().get(bucket);
            if (found == null) {
                return 0;
            }
            assertThat(found.path("reserved_nanos").asLong()).isZero();
            return found.path("spent_nanos").asLong();
        }
    }

    private static void assertSpent(TestGateway gateway, String bucket, long nanos) {
        Eventually.await(SOON, () -> assertThat(spent(gateway, bucket)).isEqualTo(nanos));
    }

    @ParameterizedTest
    @ValueSource(ints = {429, 500, 502, 503, 529})
    void asksTheNextProviderOfTheModel(int status) throws Exception {
        try (var a = new Told("a").says(status, "retry-after: 3600");
                var b = new Told("b");
                var gateway = gateway(Map.of(), "", a, b)) {
            // When
            var answer = ask(gateway);
            // Then
            assertThat(answer.head().status()).isEqualTo(200);
            assertThat(answer.text()).isEqualTo(ANSWER.formatted("b"));
            assertThat(answer.head().header("x-sluice-model")).contains("b/m");
            assertThat(b.received.getFirst().body())
                    .isEqualTo(a.received.getFirst().body());
            var exchange = exchanges(gateway, 1).getFirst();
            assertThat(exchange.path("provider").asText()).isEqualTo("b");
            assertThat(exchange.path("attempts").findValuesAsText("provider")).containsExactly("a", "b");
            assertThat(exchange.path("attempts").findValuesAsText("status")).containsExactly("" + status, "200");
            assertSpent(gateway, "pool", PRICE_NANOS);
        }
    }

    @Test
    void asksTheNextProviderAfterAReset() throws Exception {
        try (var a = new Told("a").resets();
                var b = new Told("b");
                var gateway = gateway(Map.of(), "", a, b)) {
            assertThat(ask(gateway).text()).isEqualTo(ANSWER.formatted("b"));
            var attempts = exchanges(gateway, 1).getFirst().path("attempts");
            assertThat(attempts.path(0).path("failure").asText()).isEqualTo("unreachable");
            assertThat(attempts.path(1).path("failure").isNull()).isTrue();
        }
    }

    @Test
    void asksTheNextProviderWhenOneRefusesConnections() throws Exception {
        try (var a = new Told("a");
                var b = new Told("b");
                var gateway = gateway(Map.of(), "", a, b)) {
            // Only now that everybody has a port of their own, so that nobody gets this one.
            a.goesAway();
            assertThat(ask(gateway).text()).isEqualTo(ANSWER.formatted("b"));
        }
    }

    @Test
    void doesNotAskASilentProviderTwice() throws Exception {
        var end = new CountDownLatch(1);
        try (var a = new Told("a").isSilentUntil(end);
                var gateway = gateway(Map.of("sluice.clocks.response-headers", "300ms"), "", a)) {
            // When
            var answer = ask(gateway);
            end.countDown();
            // Then
            assertThat(answer.head().status()).isEqualTo(504);
            Eventually.await(SOON, () -> assertThat(a.count()).isEqualTo(1));
            assertSpent(gateway, "pool", 0);
        }
    }

    @Test
    void asksAnotherInPlaceOfASilentOne() throws Exception {
        var end = new CountDownLatch(1);
        try (var a = new Told("a").isSilentUntil(end);
                var b = new Told("b");
                // Long enough for the other one to answer, however busy the machine is.
                var gateway = gateway(Map.of("sluice.clocks.response-headers", "1s"), "", a, b)) {
            assertThat(ask(gateway).text()).isEqualTo(ANSWER.formatted("b"));
            end.countDown();
            assertSpent(gateway, "pool", PRICE_NANOS);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {400, 401, 403, 404, 408, 413, 422, 504})
    void passesOnWhatWouldBeTheSameAgain(int status) throws Exception {
        try (var a = new Told("a").says(status);
                var b = new Told("b");
                var gateway = gateway(Map.of(), "", a, b)) {
            // When
            var answer = ask(gateway);
            // Then
            assertThat(answer.head().status()).isEqualTo(status);
            assertThat(answer.text()).contains(status + " of a");
            assertThat(a.count() + b.count()).isEqualTo(1);
            assertThat(exchanges(gateway, 1).getFirst().path("attempts").isEmpty())
                    .isTrue();
        }
    }

    @Test
    void asksTheOnlyProviderAgain() throws Exception {
        try (var a = new Told("a").says(503).resets();
                var gateway = gateway(Map.of(), "", a)) {
            assertThat(ask(gateway).text()).isEqualTo(ANSWER.formatted("a"));
            assertThat(a.count()).isEqualTo(3);
            assertSpent(gateway, "pool", PRICE_NANOS);
        }
    }

    @Test
    void passesOnTheLastAnswerWhenNothingIsLeftToTry() throws Exception {
        try (var a = new Told("a").says(503);
                var b = new Told("b").says(500).says(529, "x-of: b");
                var gateway = gateway(Map.of(), "", a, b)) {
            // When
            var answer = ask(gateway);
            // Then
            assertThat(answer.head().status()).isEqualTo(529);
            assertThat(answer.head().header("x-of")).contains("b");
            assertThat(answer.text()).contains("529 of b");
            assertThat(a.count()).isEqualTo(1);
            assertThat(b.count()).isEqualTo(2);
            assertSpent(gateway, "pool", 0);
        }
    }

    @Test
    void waitsOutAShortRetryAfter() throws Exception {
        try (var a = new Told("a").says(429, "retry-after: 1");
                var gateway = gateway(Map.of(), "", a)) {
            // When
            var began = System.nanoTime();
            var answer = ask(gateway);
            // Then
            assertThat(answer.head().status()).isEqualTo(200);
            assertThat(Duration.ofNanos(System.nanoTime() - began)).isGreaterThanOrEqualTo(Duration.ofSeconds(1));
        }
    }

    @Test
    void passesOnALongRetryAfter() throws Exception {
        try (var a = new Told("a").says(429, "retry-after: 60");
                var gateway = gateway(Map.of(), "", a)) {
            // When
            var answer = ask(gateway);
            // Then
            assertThat(answer.head().status()).isEqualTo(429);
            assertThat(answer.head().header("retry-after")).contains("60");
            assertThat(a.count()).isEqualTo(1);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {401, 402, 403, 429})
    void triesAnotherKeyAtOnceWhenOneIsRefused(int status) throws Exception {
        try (var a = new Told("a").hasKeys("\"k-one\", \"k-two\"").says(status, "retry-after: 60");
                var b = new Told("b");
                var gateway = gateway(Map.of(), "", a, b)) {
            // When
            var answer = ask(gateway);
            // Then
            assertThat(answer.text()).isEqualTo(ANSWER.formatted("a"));
            assertThat(b.count()).isZero();
            assertThat(a.received.get(0).head()).contains("k-one");
            assertThat(a.received.get(1).head()).contains("k-two");
        }
    }

    @Test
    void passesOnTheRefusalOfTheLastKey() throws Exception {
        try (var a = new Told("a").hasKeys("\"k-one\", \"k-two\"").says(401).says(401);
                var gateway = gateway(Map.of(), "", a)) {
            assertThat(ask(gateway).head().status()).isEqualTo(401);
            assertThat(a.count()).isEqualTo(2);
        }
    }

    @Test
    void heedsAProviderThatSaysNotToTryAgain() throws Exception {
        try (var a = new Told("a").says(500, "x-should-retry: false");
                var gateway = gateway(Map.of(), "", a)) {
            assertThat(ask(gateway).head().status()).isEqualTo(500);
            assertThat(a.count()).isEqualTo(1);
        }
    }

    @Test
    void triesNothingTwiceWhenThatIsSwitchedOff() throws Exception {
        try (var a = new Told("a").says(503);
                var b = new Told("b");
                var gateway = gateway(Map.of("sluice.retries.more", 0), "", a, b)) {
            assertThat(ask(gateway).head().status()).isEqualTo(503);
            assertThat(a.count()).isEqualTo(1);
            assertThat(b.count()).isZero();
        }
    }

    @Test
    void keepsToTheProviderThatTheModelNames() throws Exception {
        try (var a = new Told("a").says(503).says(503).says(503);
                var b = new Told("b");
                var gateway = gateway(Map.of(), "", a, b)) {
            assertThat(ask(gateway, "a/m", "one").head().status()).isEqualTo(503);
            assertThat(a.count()).isEqualTo(3);
            assertThat(b.count()).isZero();
        }
    }

    @Test
    void fallsBackToAnotherModelAndChargesItsBucketsAlone() throws Exception {
        try (var a = new Told("a").says(503);
                var b = new Told("b");
                var c = new Told("c");
                var gateway = gateway(Map.of(), "\"a/m-a\": [\"c/m-c\", \"b/m-b\"]", a, b, c)) {
            // When
            var answer = ask(gateway, "m-a", "one");
            // Then
            assertThat(answer.text()).isEqualTo(ANSWER.formatted("c"));
            assertThat(answer.head().header("x-sluice-model")).contains("c/m-c");
            assertThat(c.received.getFirst().body()).contains("\"m-c\"");
            var exchange = exchanges(gateway, 1).getFirst();
            assertThat(exchange.path("model").asText()).isEqualTo("m-c");
            assertThat(exchange.path("buckets").toString()).isEqualTo("[\"pool\",\"dear\"]");
            assertSpent(gateway, "pool", PRICE_NANOS);
            assertSpent(gateway, "dear", PRICE_NANOS);
        }
    }

    @Test
    void fallsBackOnlyToWhatTheCallerMayUse() throws Exception {
        try (var a = new Told("a").says(503).says(503).says(503);
                var d = new Told("d");
                var gateway = gateway(Map.of(), "\"a/m-a\": [\"d/m-d\"]", a, d)) {
            assertThat(ask(gateway, "m-a", "one").head().status()).isEqualTo(503);
            assertThat(d.count()).isZero();
        }
    }

    @Test
    void givesBackTheMoneyOfAnAttemptWhoseBucketsTheNextDoesNotHave() throws Exception {
        try (var c = new Told("c").says(500);
                var a = new Told("a");
                var gateway = gateway(Map.of(), "", c, a)) {
            assertThat(ask(gateway).text()).isEqualTo(ANSWER.formatted("a"));
            assertThat(exchanges(gateway, 1).getFirst().path("buckets").toString())
                    .isEqualTo("[\"pool\"]");
            assertSpent(gateway, "pool", PRICE_NANOS);
            assertSpent(gateway, "dear", 0);
        }
    }

    @Test
    void keepsAConversationWhereItBegan() throws Exception {
        try (var a = new Told("a").says(503);
                var b = new Told("b");
                var gateway = gateway(Map.of(), "", a, b)) {
            // Given
            assertThat(ask(gateway, "m", "began-with-b").text()).isEqualTo(ANSWER.formatted("b"));
            exchanges(gateway, 1);
            // Then
            assertThat(ask(gateway, "m", "began-with-b").text()).isEqualTo(ANSWER.formatted("b"));
            assertThat(ask(gateway, "m", "another").text()).isEqualTo(ANSWER.formatted("a"));
        }
    }

    @Test
    void leavesAProviderAloneThatKeepsFailing() throws Exception {
        try (var a = new Told("a");
                var b = new Told("b");
                var gateway = gateway(Map.of(), "", a, b)) {
            // Given
            for (int i = 0; i < 5; i++) {
                a.says(503);
                assertThat(ask(gateway, "m", "s" + i).text()).isEqualTo(ANSWER.formatted("b"));
            }
            var before = a.count();
            // When
            assertThat(ask(gateway, "m", "later").text()).isEqualTo(ANSWER.formatted("b"));
            // Then
            assertThat(a.count()).isEqualTo(before);
            // And who may use no other is served by it all the same
            assertThat(ask(gateway, "a/m", "only").text()).isEqualTo(ANSWER.formatted("a"));
        }
    }

    @Test
    void asksNobodyForAClientThatLeftInThePause() throws Exception {
        try (var a = new Told("a").says(429, "retry-after: 2");
                var gateway = gateway(Map.of(), "", a)) {
            // When
            try (var http = RawHttp.connect(gateway.node().address())) {
                http.post(TestFormat.CHAT.path(), TestFormat.CHAT.body("m", false, "Hello?"));
                Eventually.await(SOON, () -> assertThat(a.count()).isEqualTo(1));
            }
            // Then
            var exchange = exchanges(gateway, 1).getFirst();
            assertThat(exchange.path("outcome").asText()).isEqualTo("client_cancelled");
            assertSpent(gateway, "pool", 0);
            assertThat(a.count()).isEqualTo(1);
        }
    }
}
