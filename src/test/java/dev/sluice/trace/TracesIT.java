package dev.sluice.trace;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.testing.Eventually;
import dev.sluice.testing.Exposition;
import dev.sluice.testing.Stand;
import dev.sluice.testing.TestCollector;
import dev.sluice.testing.TestCollector.Span;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The spans of a whole gateway, at a collector that knows OTLP, and what its providers are told of them. */
class TracesIT {
    private static final Duration SOON = Duration.ofSeconds(15);
    private static final String TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";
    private static final String PARENT = "00f067aa0ba902b7";
    private static final long SERVER = 2;
    private static final long CLIENT = 3;
    private static final long ERROR = 2;

    @TempDir
    private static Path data;

    private static TestCollector collector;
    private static Stand on;

    @BeforeAll
    static void start() throws Exception {
        collector = TestCollector.start();
        on = Stand.start(
                data.resolve("on"),
                TracesIT::policy,
                Map.of(
                        "sluice.traces.endpoint",
                        collector.url(),
                        "sluice.traces.headers",
                        "x-collector-key=a%20secret"));
    }

    @AfterAll
    static void stop() {
        on.close();
        collector.close();
    }

    private static String policy(String url) {
        return """
                {
                  "grants": [{"src": ["(loopback)"], "app": {"tailscale.com/cap/aperture": [{"role": "admin"}, {"models": "**"}]}}],
                  "providers": {
                    "sim": {"baseurl": "%1$s", "apikey": "provider-secret-marker", "models": ["test-gpt", "both"],
                      "compatibility": {"openai_chat": true, "anthropic_messages": true}, "cost_basis": "openai",
                      "model_cost_map": [{"match": "*", "as": "gpt-4.1"}]},
                    "dead": {"baseurl": "http://127.0.0.1:1", "apikey": "k", "models": ["both", "lost"], "preference": 9}},
                }
                """.formatted(url);
    }

    @Test
    void aRequestIsASpanBelowTheClientsAndAboveItsAttempt() {
        var provider =
                ask("test-gpt", "traced-1", "traceparent: 00-" + TRACE + "-" + PARENT + "-01", "tracestate: a=b,c=d");

        var request = await("traced-1", 1).getFirst();
        var attempt = below(request, 1).getFirst();
        assertThat(request.traceId()).isEqualTo(TRACE);
        assertThat(request.parentId()).isEqualTo(PARENT);
        assertThat(request.kind()).isEqualTo(SERVER);
        assertThat(request.name()).isEqualTo("POST /v1/chat/completions");
        assertThat(request.attributes())
                .containsEntry("http.response.status_code", "200")
                .containsEntry("sluice.outcome", "completed")
                .containsKey("sluice.request.id")
                .doesNotContainKey("enduser.id");
        assertThat(attempt.kind()).isEqualTo(CLIENT);
        assertThat(attempt.name()).isEqualTo("chat test-gpt");
        assertThat(attempt.attributes())
                .containsEntry("gen_ai.operation.name", "chat")
                .containsEntry("gen_ai.provider.name", "openai")
                .containsEntry("gen_ai.system", "openai")
                .containsEntry("gen_ai.request.model", "test-gpt")
                .containsEntry("gen_ai.response.finish_reasons", "[stop]")
                .containsEntry("server.address", "127.0.0.1")
                .containsEntry(
                        "server.port", Integer.toString(on.providerAddress().getPort()))
                .containsEntry("http.response.status_code", "200")
                .containsKeys("gen_ai.response.id", "gen_ai.response.model", "gen_ai.usage.input_tokens");
        assertThat(Long.parseLong(attempt.attributes().get("gen_ai.usage.output_tokens")))
                .isPositive();
        // Whoever is asked is told of the attempt, not of the client's span.
        assertThat(provider)
                .contains("traceparent: 00-" + TRACE + "-" + attempt.spanId() + "-01", "tracestate: a=b,c=d")
                .doesNotContain(PARENT);
        assertThat(collector.keys()).contains("a secret");
        assertThat(collector.bytes()).doesNotContain("prompt-marker", "client-key", "provider-secret-marker");
    }

    @Test
    void everyAttemptIsASpan() {
        ask("both", "traced-2");

        var request = await("traced-2", 1).getFirst();
        var attempts = below(request, 2);
        var failed = attempts.stream().filter(it -> it.status() == ERROR).toList();
        assertThat(failed).hasSize(1);
        assertThat(failed.getFirst().attributes())
                .containsEntry("sluice.provider", "dead")
                .containsEntry("error.type", "unreachable");
        assertThat(request.status()).isZero();
        assertThat(request.parentId()).isEmpty();
    }

    @Test
    void whatFailsSaysWhy() {
        ask("no-such-model", "traced-3");
        ask("lost", "traced-4");

        var unknown = await("traced-3", 1).getFirst();
        assertThat(unknown.attributes())
                .containsEntry("error.type", "not_granted")
                .containsEntry("http.response.status_code", "404");
        assertThat(unknown.status()).isZero();
        assertThat(below(unknown)).isEmpty();
        var lost = await("traced-4", 1).getFirst();
        assertThat(lost.attributes()).containsEntry("error.type", "provider_unreachable");
        assertThat(lost.status()).isEqualTo(ERROR);
    }

    @Test
    void aClientThatSaysNoIsNotTracedButItsTraceGoesOn() {
        var provider = ask("test-gpt", "traced-5", "traceparent: 00-" + TRACE + "-" + PARENT + "-00");
        ask("test-gpt", "traced-6");

        await("traced-6", 1);
        assertThat(named("traced-5")).isEmpty();
        assertThat(provider)
                .containsPattern("traceparent: 00-" + TRACE + "-[0-9a-f]{16}-00")
                .doesNotContain(PARENT);
    }

    /** W3C, 3.2: whatever is not exactly of the form is as if it were not there, its state included. */
    @Test
    void aMalformedParentIsNone() {
        var random = new Random(5);
        var well = "00-" + TRACE + "-" + PARENT + "-01";
        var malformed = new ArrayList<>(List.of(
                "",
                "00",
                well.toUpperCase(java.util.Locale.ROOT),
                "ff" + well.substring(2),
                well + "-more",
                well.substring(1),
                "00-" + "0".repeat(32) + "-" + PARENT + "-01",
                "00-" + TRACE + "-" + "0".repeat(16) + "-01",
                well.replace('-', '_'),
                well + "\r\ntraceparent: " + well));
        for (var i = 0; i < 40; i++) {
            var spoilt = new StringBuilder(well);
            spoilt.setCharAt(random.nextInt(well.length()), "gxZ!- ".charAt(random.nextInt(6)));
            if (!spoilt.toString().equals(well)) {
                malformed.add(spoilt.toString());
            }
        }
        for (var value : malformed) {
            var provider = ask("test-gpt", "malformed", "traceparent: " + value, "tracestate: foreign=1");
            assertThat(provider).as(value).doesNotContain(TRACE, PARENT, "foreign=1");
            assertThat(provider).as(value).containsPattern("traceparent: 00-[0-9a-f]{32}-[0-9a-f]{16}-0[13]");
        }

        var roots = await("malformed", malformed.size());
        assertThat(roots).allSatisfy(span -> assertThat(span.parentId()).isEmpty());
        assertThat(new HashSet<>(roots.stream().map(Span::traceId).toList())).hasSize(malformed.size());
    }

    @Test
    void countsItsSpans() throws Exception {
        ask("test-gpt", "traced-7");
        await("traced-7", 1);

        Eventually.await(SOON, () -> {
            try (var http = on.open()) {
                http.get("/metrics");
                http.readHead();
                var scrape = Exposition.of(http.readRest().text());
                assertThat(scrape.sum("sluice_trace_spans_sent_total")).isPositive();
                assertThat(scrape.sum("sluice_trace_spans_failed_total")).isZero();
            }
        });
    }

    @Test
    void withoutAnEndpointHeadersPassAndNothingIsSent() throws Exception {
        var parent = "traceparent: 00-" + TRACE + "-" + PARENT + "-01";
        try (var off = Stand.start(data.resolve("off"), TracesIT::policy, Map.of("sluice.traces.endpoint", ""))) {
            assertThat(ask(off, "test-gpt", "untraced", parent, "tracestate: a=b"))
                    .contains(parent, "tracestate: a=b");
            assertThat(ask(off, "test-gpt", "untraced", "traceparent: nonsense"))
                    .contains("traceparent: nonsense");
            assertThat(ask(off, "test-gpt", "untraced")).doesNotContain("traceparent");
        }
        assertThat(named("untraced")).isEmpty();
    }

    private static String ask(String model, String agent, String... headers) {
        return ask(on, model, agent, headers);
    }

    /** The headers that the provider got, in lines; empty if it was not asked. */
    private static String ask(Stand stand, String model, String agent, String... headers) {
        var before = stand.simulator().received().size();
        var all = new ArrayList<>(
                List.of("Authorization: Bearer client-key", "User-Agent: " + agent, "x-simulate: events=3"));
        all.addAll(List.of(headers));
        try (var http = stand.open()) {
            http.post(
                    "/v1/chat/completions",
                    "{\"model\":\"" + model + "\",\"stream\":true,"
                            + "\"messages\":[{\"role\":\"user\",\"content\":\"prompt-marker\"}]}",
                    all.toArray(String[]::new));
            http.readHead();
            http.readRest();
        }
        var received = stand.simulator().received();
        return received.size() == before
                ? ""
                : String.join(
                        "\n",
                        received.getLast().headers().stream()
                                .map(header -> header.getKey() + ": " + header.getValue())
                                .toList());
    }

    private static List<Span> await(String agent, int number) {
        Eventually.await(SOON, () -> assertThat(named(agent)).hasSize(number));
        return named(agent);
    }

    private static List<Span> named(String agent) {
        return collector.spans().stream()
                .filter(span -> agent.equals(span.attributes().get("user_agent.original")))
                .toList();
    }

    private static List<Span> below(Span request, int number) {
        Eventually.await(SOON, () -> assertThat(below(request)).hasSize(number));
        return below(request);
    }

    private static List<Span> below(Span request) {
        return collector.spans().stream()
                .filter(span -> span.parentId().equals(request.spanId()))
                .toList();
    }
}
