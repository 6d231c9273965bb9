package dev.sluice.net;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.cluster.NodeSystem;
import dev.sluice.testing.Eventually;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.stream.javadsl.Keep;
import org.apache.pekko.stream.javadsl.Sink;
import org.apache.pekko.stream.javadsl.Source;
import org.apache.pekko.util.ByteString;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Loops as dispatchers, and bodies that come over them. */
class LoopsIT {
    private static final int LOOPS = 3;

    private final ActorSystem<Void> system = ActorSystem.create(
            Behaviors.empty(),
            "loops",
            NodeSystem.config(null, Map.of("pekko.actor.provider", "local", "sluice.event-loops", LOOPS)));
    private Loops loops;

    @BeforeEach
    void start() {
        loops = Loops.start(system)
                .toCompletableFuture()
                .orTimeout(20, TimeUnit.SECONDS)
                .join();
    }

    @AfterEach
    void stop() {
        system.terminate();
        system.getWhenTerminated()
                .toCompletableFuture()
                .orTimeout(20, TimeUnit.SECONDS)
                .join();
    }

    private static <T> T on(Loop loop, Supplier<T> task) {
        return CompletableFuture.supplyAsync(task, loop)
                .orTimeout(20, TimeUnit.SECONDS)
                .join();
    }

    @Test
    void thereAreAsManyAsTheSettingsSayEachAThreadOfItsOwn() {
        assertThat(loops.all()).hasSize(LOOPS);
        assertThat(loops.all().stream().map(loop -> on(loop, Thread::currentThread)))
                .doesNotHaveDuplicates();
        assertThat(Loop.here()).isNull();
        assertThatThrownBy(() -> NodeSystem.config(null, Map.of("sluice.event-loops", -1)))
                .hasMessageContaining("sluice.event-loops: -1 (expected: ");
    }

    @Test
    void streamsRunOnTheLoopThatTheyAreGivenTo() {
        for (var loop : loops.all()) {
            var threads = Source.range(1, 100)
                    .map(number -> Loop.here())
                    .toMat(Sink.seq(), Keep.right())
                    .addAttributes(loop.attributes())
                    .run(system);
            assertThat(threads.toCompletableFuture()
                            .orTimeout(20, TimeUnit.SECONDS)
                            .join())
                    .hasSize(100)
                    .containsOnly(loop);
        }
    }

    @Test
    void whatComesAboutElsewhereIsToldOnTheLoopThatAsked() {
        var loop = loops.all().getLast();
        var elsewhere = new CompletableFuture<String>();
        var told = on(loop, () -> Loop.returning(elsewhere).thenApply(value -> value + " on " + Loop.here()));
        elsewhere.complete("told");
        assertThat(told.orTimeout(20, TimeUnit.SECONDS).join()).isEqualTo("told on " + loop);
        // And failures as they are
        var failing = new CompletableFuture<String>();
        var failed = on(loop, () -> Loop.returning(failing).handle((value, failure) -> failure + " on " + Loop.here()));
        failing.completeExceptionally(new IllegalStateException("no"));
        assertThat(failed.orTimeout(20, TimeUnit.SECONDS).join())
                .isEqualTo("java.lang.IllegalStateException: no on " + loop);
    }

    /** Notes what a body does to its channel; reads on only while it is told to. */
    private static final class Wire implements Incoming.Channel {
        private final List<String> ends = new ArrayList<>();
        private boolean reading = true;

        @Override
        public void readOn(boolean on) {
            reading = on;
        }

        @Override
        public void over() {
            ends.add("over");
        }

        @Override
        public void giveUp() {
            ends.add("given up");
        }
    }

    @Test
    void everyByteOfABodyComesThroughInOrderWhateverTheRhythm() {
        var random = new Random(11);
        for (var round = 0; round < 50; round++) {
            var loop = loops.next();
            var reads = random.nextInt(40);
            var known = random.nextBoolean();
            var text = new StringBuilder();
            for (var number = 0; number < reads; number++) {
                text.append(number).append(',');
            }
            var wire = new Wire();
            var incoming = new Incoming(loop, wire);
            var onLoop = random.nextBoolean();
            var source = incoming.source();
            var bytes = (onLoop ? source.addAttributes(loop.attributes()) : source)
                    .runWith(Sink.fold(ByteString.emptyByteString(), ByteString::concat), system);
            if (known) {
                on(loop, () -> {
                    incoming.expect(text.length());
                    return true;
                });
            }
            for (var number = 0; number < reads; number++) {
                var piece = number + ",";
                var pause = random.nextInt(3) > 0;
                // A channel that is told to stop is read no further; what it had read comes all the same.
                on(loop, () -> {
                    incoming.add(Unpooled.copiedBuffer(piece, StandardCharsets.US_ASCII));
                    if (pause) {
                        incoming.pause();
                    }
                    return true;
                });
            }
            on(loop, () -> {
                incoming.end();
                return true;
            });
            assertThat(bytes.toCompletableFuture()
                            .orTimeout(20, TimeUnit.SECONDS)
                            .join()
                            .utf8String())
                    .as("round %d", round)
                    .isEqualTo(text.toString());
            assertThat(on(loop, () -> List.copyOf(wire.ends))).containsExactly("over");
        }
    }

    @Test
    void aBodyThatNobodyReadsStopsItsChannel() {
        var loop = loops.next();
        var wire = new Wire();
        var incoming = new Incoming(loop, wire);
        var reading = on(loop, () -> {
            incoming.add(Unpooled.copiedBuffer("early", StandardCharsets.US_ASCII));
            incoming.pause();
            return wire.reading;
        });
        assertThat(reading).isFalse();
        // And a reader that leaves gives it up, once
        incoming.source().runWith(Sink.<ByteString>cancelled(), system);
        Eventually.await(
                Duration.ofSeconds(20),
                () -> assertThat(on(loop, () -> List.copyOf(wire.ends))).containsExactly("given up", "over"));
    }

    @Test
    void aBodyOfKnownLengthKeepsItsLastBytesUntilItsEndHasCome() {
        var loop = loops.next();
        var incoming = new Incoming(loop, new Wire());
        var got = new LinkedBlockingQueue<String>();
        var done = incoming.source()
                .addAttributes(loop.attributes())
                .runWith(Sink.foreach(bytes -> got.add(bytes.utf8String())), system)
                .toCompletableFuture();
        on(loop, () -> {
            incoming.expect(4);
            incoming.add(Unpooled.copiedBuffer("ab", StandardCharsets.US_ASCII));
            incoming.pause();
            return true;
        });
        Eventually.await(Duration.ofSeconds(20), () -> assertThat(got).containsExactly("ab"));
        on(loop, () -> {
            incoming.add(Unpooled.copiedBuffer("cd", StandardCharsets.US_ASCII));
            incoming.pause();
            return true;
        });
        assertThat(got).containsExactly("ab");
        assertThat(done).isNotDone();
        on(loop, () -> {
            incoming.end();
            return true;
        });
        done.orTimeout(20, TimeUnit.SECONDS).join();
        assertThat(got).containsExactly("ab", "cd");
    }

    @Test
    void aBodyThatBreaksTellsSoAfterWhatHadCome() {
        var loop = loops.next();
        var wire = new Wire();
        var incoming = new Incoming(loop, wire);
        on(loop, () -> {
            incoming.add(Unpooled.copiedBuffer("half", StandardCharsets.US_ASCII));
            incoming.fail(new IllegalStateException("broken"));
            return true;
        });
        var got = new LinkedBlockingQueue<String>();
        var done = incoming.source()
                .runWith(Sink.foreach(bytes -> got.add(bytes.utf8String())), system)
                .toCompletableFuture();
        assertThatThrownBy(() -> done.orTimeout(20, TimeUnit.SECONDS).join()).hasMessageContaining("broken");
        assertThat(got).containsExactly("half");
        // And it can be read once
        assertThatThrownBy(() -> incoming.source()
                        .runWith(Sink.ignore(), system)
                        .toCompletableFuture()
                        .orTimeout(20, TimeUnit.SECONDS)
                        .join())
                .hasMessageContaining("once");
    }
}
