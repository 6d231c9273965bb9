package dev.sluice.loadtest;

import static io.gatling.javaapi.core.CoreDsl.constantUsersPerSec;
import static io.gatling.javaapi.core.CoreDsl.global;
import static io.gatling.javaapi.core.CoreDsl.scenario;

import io.gatling.javaapi.core.ScenarioBuilder;
import io.gatling.javaapi.core.Simulation;

/** Chat completions, Responses and Messages, each a whole stream in its own words. */
public class MixedFormats extends Simulation {
    private final Stand stand = new Stand();
    private final Ratio ratio = new Ratio();

    {
        setUp(Load.both(stand, this::agents, constantUsersPerSec(Load.RATE).during(Load.TIME))).assertions(global().failedRequests().count().is(0L));
    }

    private ScenarioBuilder agents(String side) {
        return scenario("formats " + side)
                .exec(Load.chat(ratio, side, 40, 5, Load::hello))
                .exec(Load.stream(ratio, side, "/v1/responses", "event: response.output_text.delta", "event: response.completed", "events=40; interval=5ms", 40,
                        _ -> "{\"model\":\"sim-model\",\"stream\":true,\"input\":\"Hello\"}"))
                .exec(Load.stream(ratio, side, "/v1/messages", "event: content_block_delta", "event: message_stop", "events=40; interval=5ms", 40,
                        session -> "{\"model\":\"sim-model\",\"stream\":true,\"max_tokens\":1000,\"messages\":" + Load.hello(session) + "}"));
    }

    @Override
    public void after() {
        stand.stop();
        ratio.check(1.5, 50);
    }
}
