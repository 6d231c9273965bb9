package dev.sluice.provider;

import static org.assertj.core.api.Assertions.assertThat;

import com.typesafe.config.ConfigFactory;
import dev.sluice.cluster.NodeSystem;
import dev.sluice.config.Settings;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.stream.javadsl.Sink;
import org.apache.pekko.stream.javadsl.Source;
import org.apache.pekko.util.ByteString;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

class KnownLengthTest {
    private static final ActorSystem<Void> SYSTEM = ActorSystem.create(
            Behaviors.empty(),
            "lengths",
            ConfigFactory.parseString("pekko.actor.provider = local").withFallback(NodeSystem.config(null, Map.of())));

    private static final Way WAY = new Way(
            SYSTEM,
            new Target.Host(false, "host", 80),
            null,
            null,
            Settings.of(NodeSystem.config(null, Map.of())).clocks(),
            new Addresses("127.0.0.1", 80, name -> new java.net.InetAddress[0], Runnable::run));

    @AfterAll
    static void stop() {
        SYSTEM.terminate();
    }

    private static CompletableFuture<List<ByteString>> passed(long length, Source<ByteString, ?> bytes) {
        return bytes.via(new KnownLength(WAY, length))
                .runWith(Sink.seq(), SYSTEM)
                .toCompletableFuture();
    }

    private static Source<ByteString, ?> pieces(String... pieces) {
        return Source.from(List.of(pieces)).map(ByteString::fromString);
    }

    @Test
    void anAnswerOfItsLengthPassesWhole() throws Exception {
        assertThat(passed(6, pieces("ab", "cde", "f")).get(5, TimeUnit.SECONDS))
                .extracting(ByteString::utf8String)
                .containsExactly("ab", "cde", "f");
    }

    @Test
    void theLastBytesWaitForTheEnd() throws Exception {
        var end = new CompletableFuture<ByteString>();
        var first = new CompletableFuture<String>();
        var all = pieces("ab", "cd")
                .concat(Source.completionStage(end).filter(ByteString::nonEmpty))
                .via(new KnownLength(WAY, 4))
                .map(bytes -> {
                    if (!first.complete(bytes.utf8String())) {
                        // The second piece: it may only come once the end has.
                        assertThat(end).isDone();
                    }
                    return bytes;
                })
                .runWith(Sink.seq(), SYSTEM)
                .toCompletableFuture();
        assertThat(first.get(5, TimeUnit.SECONDS)).isEqualTo("ab");
        end.complete(ByteString.emptyByteString());
        assertThat(all.get(5, TimeUnit.SECONDS)).hasSize(2);
    }

    @Test
    void anAnswerThatIsTooShortOrTooLongFails() {
        for (var length : List.of(3L, 5L)) {
            assertThat(passed(length, pieces("ab", "cd")))
                    .failsWithin(java.time.Duration.ofSeconds(5))
                    .withThrowableThat()
                    .havingRootCause()
                    .isInstanceOf(UpstreamFailure.class)
                    .withMessageContaining("than it said");
        }
    }

    @Test
    void aClientThatLeavesCancelsTheAnswer() throws Exception {
        var gone = new CompletableFuture<Void>();
        var _ = Source.repeat(ByteString.fromString("ab"))
                .watchTermination((nothing, done) -> done.whenComplete((end, failure) -> gone.complete(null)))
                .via(new KnownLength(WAY, 1000))
                .take(2)
                .runWith(Sink.ignore(), SYSTEM);
        gone.get(5, TimeUnit.SECONDS);
    }
}
