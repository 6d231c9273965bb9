package dev.sluice.proxy;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import com.typesafe.config.ConfigFactory;
import dev.sluice.cluster.NodeSystem;
import dev.sluice.metric.Metrics;
import dev.sluice.session.Exchange;
import dev.sluice.session.Exchange.Outcome;
import dev.sluice.trace.Traces;
import dev.sluice.wire.Usage;
import java.lang.management.ManagementFactory;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.http.javadsl.model.HttpHeader;
import org.apache.pekko.http.javadsl.model.headers.RawHeader;
import org.slf4j.LoggerFactory;

/**
 * Nanoseconds and bytes of garbage that a request costs on its event loop for numbers, spans and its line in the log; run it by hand, it
 * checks nothing.
 */
final class RequestCostBenchmark {
    private static final int REQUESTS = 1_000_000;
    private static final int ROUNDS = 4;

    private RequestCostBenchmark() {}

    public static void main(String[] arguments) {
        var exchange = exchange();
        var metrics = new Metrics();
        var counting = new RequestMetrics(metrics);
        var root = (Logger) LoggerFactory.getLogger("dev.sluice");
        root.setLevel(Level.INFO);
        root.setAdditive(false); // built, and written nowhere
        var sampled = traces(1);
        var unsampled = traces(0);
        List<HttpHeader> headers = List.of(
                RawHeader.create("user-agent", "agent/1.0"),
                RawHeader.create("traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"));
        List<HttpHeader> none = List.of(RawHeader.create("user-agent", "agent/1.0"));
        for (var round = 0; round < ROUNDS; round++) {
            measure("numbers", () -> counting.ended(exchange, () -> true));
            measure("line", () -> Books.log(exchange));
            measure("spans, sampled", () -> spans(Traces.get(sampled), headers));
            measure("spans, not sampled", () -> spans(Traces.get(unsampled), none));
        }
        var bytes = metrics.scrape(null).text().length;
        var began = System.nanoTime();
        metrics.scrape(null);
        System.out.printf("scrape: %d us, %d bytes%n", (System.nanoTime() - began) / 1000, bytes);
        sampled.terminate();
        unsampled.terminate();
    }

    private static void measure(String what, Runnable request) {
        var threads = (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();
        var bytes = threads.getCurrentThreadAllocatedBytes();
        var began = System.nanoTime();
        for (var i = 0; i < REQUESTS; i++) {
            request.run();
        }
        var nanos = System.nanoTime() - began;
        bytes = threads.getCurrentThreadAllocatedBytes() - bytes;
        System.out.printf("%-20s %6d ns %6d B%n", what, nanos / REQUESTS, bytes / REQUESTS);
    }

    private static void spans(Traces traces, Iterable<HttpHeader> headers) {
        var request = traces.server("POST /v1/chat/completions", headers);
        var attempt = traces.client("chat gpt-5", request);
        traces.headers(attempt);
        if (attempt.isRecording()) {
            for (var i = 0; i < 14; i++) {
                attempt.setAttribute("gen_ai.some.attribute." + i, "gpt-5");
            }
        }
        attempt.end();
        request.end();
    }

    private static ActorSystem<?> traces(double ratio) {
        var config = ConfigFactory.parseMap(Map.of(
                        "sluice.traces.endpoint",
                        "http://127.0.0.1:1",
                        "sluice.traces.sample-ratio",
                        ratio,
                        "pekko.actor.provider",
                        "local"))
                .withFallback(NodeSystem.config(null, Map.of()));
        return ActorSystem.create(Behaviors.empty(), "benchmark", config);
    }

    private static Exchange exchange() {
        return new Exchange(
                "req_01a228e329045f956c3d7b3e5e6d",
                "oacc_ff9a803a2e7f8e80",
                "ann@example.com",
                "node-1",
                List.of(),
                "openai",
                "gpt-5",
                "gpt-5-2026-01-01",
                "openai_chat",
                "/v1/chat/completions",
                "POST",
                200,
                "agent/1.0",
                true,
                Instant.EPOCH,
                120,
                2500,
                new Usage(100, 20, 0, 0, 30, 10, 0, 0, 0, 0, 0),
                1_234_567L,
                "openai/gpt-5",
                List.of(),
                "stop",
                Outcome.COMPLETED,
                null,
                false,
                900,
                4200,
                List.of("daily"),
                "resp_1",
                null);
    }
}
