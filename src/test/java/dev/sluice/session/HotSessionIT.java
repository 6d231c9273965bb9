package dev.sluice.session;

import static org.assertj.core.api.Assertions.assertThat;

import com.typesafe.config.ConfigFactory;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.cluster.typed.Cluster;
import org.apache.pekko.cluster.typed.Join;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

/** Identical requests fall into one session, and a load test sends nothing else. The journal serializes, but keeps in memory. */
class HotSessionIT {
    private static final int ROUNDS = 20;
    private static final int PER_ROUND = 1_000;

    /** A sixth of what two cores under heavy load were seen to do. */
    private static final Duration ENOUGH = Duration.ofSeconds(ROUNDS);

    private static final ActorTestKit kit =
            ActorTestKit.create(ConfigFactory.parseString("""
                    pekko.persistence.journal.plugin = "pekko.persistence.journal.inmem"
                    pekko.persistence.journal.inmem.test-serialization = on
                    """).withFallback(Exchanges.config()));

    @AfterAll
    static void stop() {
        kit.shutdownTestKit();
    }

    @Test
    void takesThousandsOfExchangesASecond() {
        var cluster = Cluster.get(kit.system());
        cluster.manager().tell(Join.create(cluster.selfMember().address()));
        var sessions = Sessions.start(kit.system(), InstantSource.system(), new Random(3));
        recordRound(sessions, -1);

        var started = Instant.now();
        for (var round = 0; round < ROUNDS; round++) {
            recordRound(sessions, round);
        }
        var took = Duration.between(started, Instant.now());

        assertThat(took).isLessThan(ENOUGH);
    }

    private static void recordRound(Sessions sessions, int round) {
        var session = SessionNames.own("oacc", "alice@example.com", "hot");
        CompletableFuture.allOf(IntStream.range(0, PER_ROUND)
                        .mapToObj(i -> Exchanges.of("r" + round + "-" + i, session, "alice@example.com", 1L))
                        .map(exchange -> sessions.record(exchange).toCompletableFuture())
                        .toArray(CompletableFuture[]::new))
                .join();
    }
}
