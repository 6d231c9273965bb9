package dev.sluice.loadtest;

import static io.gatling.javaapi.core.CoreDsl.StringBody;
import static io.gatling.javaapi.core.CoreDsl.constantUsersPerSec;
import static io.gatling.javaapi.core.CoreDsl.global;
import static io.gatling.javaapi.core.CoreDsl.scenario;
import static io.gatling.javaapi.http.HttpDsl.http;

import io.gatling.javaapi.core.PopulationBuilder;
import io.gatling.javaapi.core.ScenarioBuilder;
import io.gatling.javaapi.core.Simulation;
import java.time.Duration;
import java.util.ArrayList;

/** Agents at work beside clients of the gateway that hang up in the middle of their streams: afterwards nothing of theirs is open. */
public class HangUps extends Simulation {
    private final Stand stand = new Stand();
    private final Ratio ratio = new Ratio();

    {
        var users = constantUsersPerSec(Load.RATE).during(Load.TIME);
        var all = new ArrayList<PopulationBuilder>(Load.both(stand, this::agents, users));
        all.add(hangingUp().injectOpen(users).protocols(Load.at(stand.gateway())));
        setUp(all).assertions(global().failedRequests().count().is(0L));
    }

    private ScenarioBuilder agents(String side) {
        return scenario("beside hang-ups " + side).exec(Load.chat(ratio, side, Load.EVENTS, Load.INTERVAL_MILLIS, Load::hello));
    }

    /** A request that takes too long is hung up on; it is meant to, and so counted nowhere. Gatling's own closing of a stream would open it again. */
    private ScenarioBuilder hangingUp() {
        return scenario("hangs up")
                .exec(http("stream to hang up")
                        .post("/v1/chat/completions")
                        .header("x-simulate", "events=1000; interval=20ms")
                        .body(StringBody("{\"model\":\"sim-model\",\"stream\":true,\"messages\":" + Load.hello(null) + "}"))
                        .requestTimeout(Duration.ofSeconds(1))
                        .silent());
    }

    @Override
    public void after() {
        try {
            stand.awaitNothingOpen();
        } finally {
            stand.stop();
        }
        ratio.check(1.15, 50);
    }
}
