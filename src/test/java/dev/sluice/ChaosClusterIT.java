package dev.sluice;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.testing.ClusterLoad;
import dev.sluice.testing.RawHttp;
import dev.sluice.testing.RawHttp.End;
import java.time.Duration;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Three nodes and a real Cassandra under load, while whatever can happen to them does. Afterwards the books balance to the nanodollar. */
class ChaosClusterIT extends ThreeNodes {
    @Test
    void theBooksBalanceAfterADeathAPauseACutAndAnOutage() throws Exception {
        try (var load = new ClusterLoad(addresses(), LOGINS, CLIENTS, random)) {
            awaitTraffic(load, 0, 1, 2);

            var killed = System.nanoTime();
            nodes[2].kill();
            awaitTraffic(load, 0, 1);
            awaitMembers(0, 2);
            awaitTraffic(load, 0, 1);
            tell("kill -9 of one of three", load, killed, 0, 1);
            start(2);
            awaitReady(2);
            awaitTraffic(load, 2);

            var paused = System.nanoTime();
            nodes[1].pause();
            awaitMembers(0, 2);
            nodes[1].resume();
            // What it would answer now would be in nobody's books.
            assertThat(nodes[1].awaitExit(Duration.ofSeconds(60))).isEqualTo(1);
            assertThat(nodes[1].error()).contains("lost to its cluster");
            awaitTraffic(load, 0, 2);
            tell("SIGSTOP of one of three", load, paused, 0, 2);
            start(1);
            awaitReady(1);
            awaitTraffic(load, 1);

            if (networks.canCut()) {
                var cut = System.nanoTime();
                networks.cut(0);
                // The smaller side ends, although it still reaches clients and Cassandra: both sides would serve the
                // same buckets.
                assertThat(nodes[0].awaitExit(Duration.ofSeconds(90))).isEqualTo(1);
                awaitTraffic(load, 1, 2);
                tell("one of three cut from the others", load, cut, 1, 2);
                networks.mend(0);
                start(0);
                awaitReady(0);
                awaitTraffic(load, 0);
            }

            var out = System.nanoTime();
            try {
                cassandra.kill();
            } finally {
                cassandra.startAgain();
            }
            awaitTraffic(load, 0, 1, 2);
            tell("Cassandra killed and started again", load, out, 0, 1, 2);
            load.end();

            assertBooks(load.seen());
        }
    }

    @Test
    void rollingAllNodesFailsNoStream() throws Exception {
        try (var load = new ClusterLoad(addresses(), LOGINS, CLIENTS / 2, random)) {
            awaitTraffic(load, 0, 1, 2);
            for (var node = 0; node < NODES; node++) {
                var begun = System.nanoTime();
                var streams = IntStream.range(0, 10)
                        .mapToObj(_ -> stream())
                        .map(http -> http.silenceAfter(Duration.ofSeconds(60)))
                        .toList();
                for (var stream : streams) {
                    assertThat(stream.readHead().status()).isEqualTo(200);
                    stream.readSome(1);
                }
                nodes[node].terminate();
                for (var stream : streams) {
                    var rest = stream.readRest();
                    assertThat(rest.end()).as(rest.text()).isEqualTo(End.PROPER);
                    assertThat(rest.text()).endsWith("data: [DONE]\n\n");
                    stream.close();
                }
                assertThat(nodes[node].awaitExit(Duration.ofSeconds(60)))
                        .as(nodes[node].error())
                        .isZero();
                // Meanwhile nobody would say where a bucket lives.
                assertThat(nodes[node].error()).doesNotContain("Coordinated shutdown phase");
                start(node);
                awaitReady(node);
                tell("node " + node + " renewed", load, begun, (node + 1) % NODES, (node + 2) % NODES);
            }
            awaitTraffic(load, 0, 1, 2);
            load.end();

            var broken = load.seen().stream()
                    .filter(it -> it.status() == 200 && !it.whole())
                    .toList();
            assertThat(broken).as("streams that began and did not end").isEmpty();
            assertBooks(load.seen());
        }
    }

    /** On any node, through which the others' streams are seen to go on, too. */
    private RawHttp stream() {
        return RawHttp.connect(addresses().get(random.nextInt(NODES)))
                .post(
                        "/v1/chat/completions",
                        "{\"model\":\"test-gpt\",\"max_tokens\":1000,\"stream\":true,\"messages\":[{\"role\":\"user\",\"content\":\"hello\"}]}",
                        "x-simulate: input=1000; output=500; events=40; interval=100ms",
                        "Tailscale-User-Login: " + LOGINS.getFirst());
    }
}
