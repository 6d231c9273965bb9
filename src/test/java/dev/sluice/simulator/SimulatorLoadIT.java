package dev.sluice.simulator;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.testing.RawHttp;
import dev.sluice.testing.RawHttp.End;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Isolated;

/** Many streams at once are cheap: a timer each, and no thread. */
@Isolated("Counts the threads of the process.")
class SimulatorLoadIT {
    private static final ActorTestKit testKit = ActorTestKit.create();

    @AfterAll
    static void stop() {
        testKit.shutdownTestKit();
    }

    @Test
    void holdsAThousandPacedStreams() throws Exception {
        // Given: whatever earlier tests of this JVM have left
        var before = platformThreads();
        var address = Simulator.start(testKit.system(), "127.0.0.1", 0)
                .toCompletableFuture()
                .get(20, TimeUnit.SECONDS)
                .localAddress();
        Callable<End> stream = () -> readToTheEnd(address);
        try (var readers = Executors.newVirtualThreadPerTaskExecutor()) {
            // When
            var ends = readers.invokeAll(
                    IntStream.range(0, 1_000).mapToObj(_ -> stream).toList());
            // Then
            for (var end : ends) {
                assertThat(end.get()).isEqualTo(End.PROPER);
            }
        }
        assertThat(platformThreads() - before).isLessThan(60);
    }

    private static long platformThreads() {
        return Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> !thread.isVirtual())
                .count();
    }

    private static End readToTheEnd(InetSocketAddress address) {
        try (var http = RawHttp.connect(address).silenceAfter(Duration.ofMinutes(1))) {
            var request = "{\"model\":\"m\",\"stream\":true,\"messages\":[]}";
            http.post("/v1/chat/completions", request, "x-api-key: k", "x-simulate: events=50; interval=20ms");
            http.readHead();
            return http.readRest().end();
        }
    }
}
