package dev.sluice.loadtest;

import static io.gatling.javaapi.core.CoreDsl.constantUsersPerSec;
import static io.gatling.javaapi.core.CoreDsl.global;
import static io.gatling.javaapi.core.CoreDsl.scenario;
import static io.gatling.javaapi.core.CoreDsl.nothingFor;

import io.gatling.javaapi.core.ScenarioBuilder;
import io.gatling.javaapi.core.Simulation;
import io.gatling.javaapi.core.OpenInjectionStep;
import java.util.ArrayList;

/** Everybody at once, then nobody: ten times the rate within one second, every ten seconds. */
public class Bursts extends Simulation {
    private final Stand stand = new Stand();
    private final Ratio ratio = new Ratio();

    {
        var steps = new ArrayList<OpenInjectionStep>();
        for (var i = 0; i < Math.max(1, Load.TIME.toSeconds() / 10); i++) {
            steps.add(constantUsersPerSec(10 * Load.RATE).during(1));
            steps.add(nothingFor(9));
        }
        setUp(Load.both(stand, this::agents, steps.toArray(OpenInjectionStep[]::new)))
                .assertions(global().failedRequests().count().is(0L));
    }

    private ScenarioBuilder agents(String side) {
        return scenario("burst " + side).exec(Load.chat(ratio, side, 12, 0, Load::hello));
    }

    @Override
    public void after() {
        stand.stop();
        ratio.check(3, 250);
    }
}
