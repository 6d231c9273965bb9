package dev.sluice.export;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.config.ExportFormat;
import dev.sluice.config.S3Rule;
import dev.sluice.config.Secret;
import dev.sluice.export.Exporter.Export;
import dev.sluice.export.Exporter.Failure;
import dev.sluice.export.Exporter.State;
import dev.sluice.session.ExchangeRecorded;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicInteger;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.LongRange;
import org.apache.pekko.Done;

/** What slices that are exported side by side have to agree on without asking each other. */
class SlicesTest {
    @Property(tries = 200)
    void noTwoObjectsHaveTheSameSecondHoweverFastTheyFollow(
            @ForAll long seed, @ForAll @LongRange(min = 1_700_000_000L, max = 5_000_000_000L) long start) {
        var random = new Random(seed);
        var stamps = new HashSet<Long>();
        var last = new long[ExchangeRecorded.SLICES];
        var now = start;
        for (var object = 0; object < 200; object++) {
            var slice = random.nextInt(ExchangeRecorded.SLICES);
            var stamp = SliceRecords.stamp(slice, now, last[slice]);
            assertThat(stamps.add(stamp)).isTrue();
            assertThat(stamp).isGreaterThan(last[slice]).isGreaterThan(now - ExchangeRecorded.SLICES);
            if (last[slice] < now - ExchangeRecorded.SLICES) {
                assertThat(stamp).isLessThanOrEqualTo(now);
            }
            last[slice] = stamp;
            now += random.nextInt(40) - 5;
        }
    }

    @Property(tries = 200)
    void aSliceBeginsBehindWhatAnybodyHasNamed(
            @ForAll @LongRange(min = 0, max = 5_000_000_000L) long stamp,
            @ForAll @LongRange(min = 0, max = 15) long slice) {
        var after = SliceRecords.stampAfter((int) slice, stamp);

        assertThat(after).isGreaterThan(stamp).isLessThanOrEqualTo(stamp + ExchangeRecorded.SLICES);
        assertThat(Math.floorMod(after, (long) ExchangeRecorded.SLICES)).isEqualTo(slice);
    }

    @Property(tries = 200)
    void runsAreReadAsTheyWereWrittenInTheirOrder(@ForAll long seed) {
        var random = new Random(seed);
        var runs = new Runs();
        var next = new long[4];
        var expected = new ArrayList<String>();
        for (var event = random.nextInt(60); event > 0; event--) {
            var session = random.nextInt(next.length);
            runs.add("s" + session, ++next[session]);
            expected.add(session + " " + next[session]);
        }

        var read = Runs.read(runs.print());

        assertThat(read.list()).isEqualTo(runs.list());
        var found = new ArrayList<String>();
        read.list().forEach(run -> {
            for (var sequence = run.from(); sequence <= run.to(); sequence++) {
                found.add(run.session().substring(1) + " " + sequence);
            }
        });
        assertThat(found).isEqualTo(expected);
        read.ends().forEach((session, end) -> assertThat(end).isEqualTo(next[session.charAt(1) - '0']));
    }

    @Example
    void tellsHowAllOfThemStand() {
        var noon = Instant.parse("2026-11-21T12:00:00Z");
        var behind = new State(null, true, new Export(noon, "a", 1, 1), 40, 3, 0, null, noon);
        var done = new State(
                null,
                false,
                new Export(noon.plusSeconds(1), "b", 1, 1),
                90,
                0,
                2,
                new Failure(noon, "no"),
                noon.plusSeconds(9));
        var never = new State(null, false, null, 0, 0, 0, null, null);

        for (var order : List.of(List.of(behind, done, never), List.of(never, done, behind))) {
            var all = order.stream().reduce(RunningExporter::together).orElseThrow();
            assertThat(all).isEqualTo(new State(null, true, done.last(), 40, 3, 2, done.failure(), noon));
        }
        assertThat(RunningExporter.together(never, done).offset()).isEqualTo(90);
    }

    @Example
    void lagsAddUpAndWhatIsCountedIsCountedTogether() {
        var counters = new Counters();
        var first = counters.part(1);
        var second = counters.part(2);
        first.lag(5);
        second.lag(7);
        first.failed();
        second.failed();
        first.lag(0);

        assertThat(counters.counts().lag()).isEqualTo(7);
        assertThat(counters.counts().failures()).isEqualTo(2);
    }

    @Example
    void oneObjectAtATimeIsMadeWhateverBecomesOfTheOneBefore() {
        var turn = new Turn();
        var running = new CompletableFuture<Done>();
        var begun = new AtomicInteger();
        var first = turn.take(() -> running);
        var second = turn.take(() -> {
            begun.incrementAndGet();
            return CompletableFuture.completedStage(Done.getInstance());
        });
        assertThat(begun).hasValue(0);

        running.completeExceptionally(new IllegalStateException("on purpose"));

        assertThat(first.toCompletableFuture()).isCompletedExceptionally();
        assertThat(second.toCompletableFuture()).isCompleted();
        assertThat(begun).hasValue(1);
    }

    @Example
    void aBucketIsSharedAndClosedWithTheLastWhoUsesIt() {
        var opened = new AtomicInteger();
        var closed = new AtomicInteger();
        var buckets = new SharedBuckets(_ -> {
            opened.incrementAndGet();
            return new Bucket() {
                @Override
                public CompletionStage<Done> put(String object, byte[] bytes, String contentType) {
                    return CompletableFuture.completedStage(Done.getInstance());
                }

                @Override
                public void close() {
                    closed.incrementAndGet();
                }
            };
        });
        var first = buckets.apply(rule("a"));
        var second = buckets.apply(rule("a"));
        buckets.apply(rule("b")).close();
        first.close();
        first.close();
        assertThat(closed).hasValue(1);

        second.close();

        assertThat(closed).hasValue(2);
        assertThat(opened).hasValue(2);
        buckets.apply(rule("a")).close();
        assertThat(opened).hasValue(3);
    }

    private static S3Rule rule(String bucket) {
        return new S3Rule(
                "", bucket, "us-east-1", "", "", Secret.of(""), Duration.ofHours(1), 7, true, ExportFormat.CBOR_ZSTD);
    }
}
