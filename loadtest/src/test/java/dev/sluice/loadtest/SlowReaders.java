package dev.sluice.loadtest;

import static io.gatling.javaapi.core.CoreDsl.constantUsersPerSec;
import static io.gatling.javaapi.core.CoreDsl.global;
import static io.gatling.javaapi.core.CoreDsl.scenario;

import io.gatling.javaapi.core.ScenarioBuilder;
import io.gatling.javaapi.core.Simulation;
import java.util.ArrayList;
import java.util.List;

/** Agents at work beside clients of the gateway that read a large answer slower than it comes: nobody else waits for them, and they get all of it. */
public class SlowReaders extends Simulation {
    private static final int READERS = Integer.getInteger("sluice.readers", 20);

    private final Stand stand = new Stand();
    private final Ratio ratio = new Ratio();
    private final List<SlowReader> readers = new ArrayList<>();

    {
        setUp(Load.both(stand, this::agents, constantUsersPerSec(Load.RATE).during(Load.TIME))).assertions(global().failedRequests().count().is(0L));
    }

    private ScenarioBuilder agents(String side) {
        return scenario("beside slow readers " + side).exec(Load.chat(ratio, side, Load.EVENTS, Load.INTERVAL_MILLIS, Load::hello));
    }

    @Override
    public void before() {
        for (var i = 0; i < READERS; i++) {
            readers.add(SlowReader.start(stand.gateway().get(i % stand.gateway().size()), Load.TIME));
        }
    }

    @Override
    public void after() {
        try {
            readers.forEach(SlowReader::check);
        } finally {
            stand.stop();
        }
        ratio.check(1.15, 50);
    }
}
