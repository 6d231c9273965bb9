package dev.sluice.loadtest;

import static io.gatling.javaapi.core.CoreDsl.StringBody;
import static io.gatling.javaapi.core.CoreDsl.bodyString;
import static io.gatling.javaapi.core.CoreDsl.substring;
import static io.gatling.javaapi.core.CoreDsl.responseTimeInMillis;
import static io.gatling.javaapi.http.HttpDsl.http;
import static io.gatling.javaapi.http.HttpDsl.status;

import io.gatling.javaapi.core.ChainBuilder;
import io.gatling.javaapi.core.CoreDsl;
import io.gatling.javaapi.core.OpenInjectionStep;
import io.gatling.javaapi.core.PopulationBuilder;
import io.gatling.javaapi.core.ScenarioBuilder;
import io.gatling.javaapi.core.Session;
import io.gatling.javaapi.http.HttpProtocolBuilder;
import java.time.Duration;
import java.util.List;
import java.util.function.Function;

/** What the simulations share: sizes, requests, and what a whole answer looks like. */
final class Load {
    static final Duration TIME = Duration.ofSeconds(Integer.getInteger("sluice.seconds", 60));
    /** New users a second on either side. */
    static final double RATE = Double.parseDouble(System.getProperty("sluice.rate", "5"));
    /** Text events of a stream. */
    static final int EVENTS = Integer.getInteger("sluice.events", 100);
    /** Between two of them. */
    static final int INTERVAL_MILLIS = Integer.getInteger("sluice.interval", 20);

    private Load() {}

    /** A user stays with one of several nodes. */
    static HttpProtocolBuilder at(List<String> nodes) {
        return http.baseUrls(nodes).contentTypeHeader("application/json").shareConnections();
    }

    /** A stream that must come whole: each event of text, and the sign of its end. Its time is noted. */
    static ChainBuilder stream(
            Ratio ratio, String side, String path, String pieces, String end, String script, int events, Function<Session, String> body) {
        return CoreDsl.exec(http(side + " " + path)
                        .post(path)
                        .header("x-simulate", script)
                        .body(StringBody(body))
                        .check(status().is(200))
                        .check(substring(pieces).count().gte(events))
                        .check(bodyString().transform(text -> text.contains(end)).is(true))
                        .check(responseTimeInMillis().saveAs("millis")))
                .exec(session -> ratio.note(side, session));
    }

    static ChainBuilder chat(Ratio ratio, String side, int events, int intervalMillis, Function<Session, String> messages) {
        return stream(
                ratio,
                side,
                "/v1/chat/completions",
                "\"content\":",
                "data: [DONE]",
                "events=" + events + "; interval=" + intervalMillis + "ms",
                events,
                session -> "{\"model\":\"sim-model\",\"stream\":true,\"messages\":" + messages.apply(session) + "}");
    }

    /** The same users on both sides. */
    static List<PopulationBuilder> both(Stand stand, Function<String, ScenarioBuilder> scenario, OpenInjectionStep... users) {
        return List.of(
                // The simulator refuses whoever brings no credential; the gateway has one for it.
                scenario.apply("direct").injectOpen(users).protocols(at(List.of(stand.direct())).authorizationHeader("Bearer simulated-key")),
                scenario.apply("gateway").injectOpen(users).protocols(at(stand.gateway())));
    }

    static String hello(Session session) {
        return "[{\"role\":\"user\",\"content\":\"Hello\"}]";
    }
}
