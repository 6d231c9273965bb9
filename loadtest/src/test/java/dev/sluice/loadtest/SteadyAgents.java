package dev.sluice.loadtest;

import static io.gatling.javaapi.core.CoreDsl.constantUsersPerSec;
import static io.gatling.javaapi.core.CoreDsl.global;
import static io.gatling.javaapi.core.CoreDsl.scenario;

import io.gatling.javaapi.core.ScenarioBuilder;
import io.gatling.javaapi.core.Simulation;
import io.gatling.javaapi.core.Session;

/** Agents at work: long paced streams, a prompt that grows by a tool's answer every turn. */
public class SteadyAgents extends Simulation {
    private final Stand stand = new Stand();
    private final Ratio ratio = new Ratio();

    {
        setUp(Load.both(stand, this::agents, constantUsersPerSec(Load.RATE).during(Load.TIME))).assertions(global().failedRequests().count().is(0L));
    }

    private String conversation(Session session) {
        var answers = "{\"role\":\"assistant\",\"content\":null,\"tool_calls\":[{\"id\":\"call_1\",\"type\":\"function\",\"function\":"
                + "{\"name\":\"read\",\"arguments\":\"{}\"}}]},{\"role\":\"tool\",\"tool_call_id\":\"call_1\",\"content\":\"" + "line of code ".repeat(1500)
                + "\"},";
        return "[" + answers.repeat(session.getInt("turn")) + "{\"role\":\"user\",\"content\":\"Go on\"}]";
    }

    private ScenarioBuilder agents(String side) {
        return scenario("steady " + side).repeat(4, "turn").on(Load.chat(ratio, side, Load.EVENTS, Load.INTERVAL_MILLIS, this::conversation));
    }

    @Override
    public void after() {
        stand.stop();
        ratio.check(1.15, 50);
    }
}
