package dev.sluice.export;

import dev.sluice.config.S3Rule;
import dev.sluice.export.Exporter.Export;
import dev.sluice.journal.SqliteReadJournal;
import java.io.IOException;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.Done;
import org.apache.pekko.NotUsed;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.stream.ActorAttributes;
import org.apache.pekko.stream.javadsl.Sink;
import org.apache.pekko.stream.javadsl.Source;
import org.jspecify.annotations.Nullable;

/** Makes one object, has it uploaded and moves the offset: plan, upload, commit, each after the other is certain. */
final class Round {
    static final String DISPATCHER = "sluice.export-dispatcher";

    /** An object is held in memory: past this size no more records are added. */
    static final long MOST_BYTES = 16L << 20;

    /** Captures that are read ahead. */
    private static final int AHEAD = 2;

    private final ActorSystem<?> system;
    private final Records records;
    private final @Nullable Turn turn;
    private final Captured captured;
    private final InstantSource clock;
    private final long mostBytes;

    Round(ActorSystem<?> system, SqliteReadJournal journal, Captured captured, InstantSource clock) {
        this(system, journal, captured, clock, MOST_BYTES);
    }

    Round(ActorSystem<?> system, SqliteReadJournal journal, Captured captured, InstantSource clock, long mostBytes) {
        this(system, new JournalRecords(system, journal, captured), null, captured, clock, mostBytes);
    }

    /**
     * One of several on a node.
     *
     * @param turn of all of them; null for one that is alone
     */
    Round(
            ActorSystem<?> system,
            Records records,
            @Nullable Turn turn,
            Captured captured,
            InstantSource clock,
            long mostBytes) {
        this.system = system;
        this.records = records;
        this.turn = turn;
        this.captured = captured;
        this.clock = clock;
        this.mostBytes = mostBytes;
    }

    /**
     * What one round came to.
     *
     * @param export null when there was nothing
     * @param more   whether there may be more for another object at once
     */
    record Result(Progress progress, @Nullable Export export, boolean more) {}

    /** What is on disk, once those who keep what was said know of it. */
    CompletionStage<Progress> begin() {
        return records.begin();
    }

    /** Records that wait, as far as somebody would count. */
    CompletionStage<Long> lag(long offset) {
        return records.lag(offset);
    }

    /** Uploads one object: what was planned before, or else what there is now. */
    CompletionStage<Result> run(Progress progress, S3Rule rule, Bucket bucket) {
        return turn == null ? next(progress, rule, bucket) : turn.take(() -> next(progress, rule, bucket));
    }

    private CompletionStage<Result> next(Progress progress, S3Rule rule, Bucket bucket) {
        var open = progress.plan();
        return open != null && open.isFor(rule) ? again(progress, open, bucket) : anew(progress, rule, bucket);
    }

    /** Of a plan for another bucket nothing is left but its range, which begins where this one does. */
    private CompletionStage<Result> anew(Progress progress, S3Rule rule, Bucket bucket) {
        var stamp = records.stamp(clock.instant().getEpochSecond(), progress);
        var load = new Load(rule.format(), (entry, place) -> records.id(entry, stamp, place), mostBytes);
        // What is new waits until all is there that belongs to it.
        var settled = clock.instant().minus(captured.delay());
        return fill(load, records.after(progress, settled).take(rule.limit())).thenCompose(_ -> {
            if (load.isEmpty()) {
                return CompletableFuture.completedStage(new Result(progress, null, false));
            }
            var plan = Plan.of(rule, progress.offset(), load.to(), stamp);
            return records.plan(progress, plan, load.runs())
                    .thenCompose(_ -> upload(progress.with(plan), plan, load, load.isCut(rule.limit()), bucket));
        });
    }

    /** A plan's range is as it is. */
    private CompletionStage<Result> again(Progress progress, Plan plan, Bucket bucket) {
        var load = new Load(plan.format(), (entry, place) -> records.id(entry, plan.stamp(), place), Long.MAX_VALUE);
        return fill(load, records.planned(plan)).thenCompose(_ -> upload(progress, plan, load, true, bucket));
    }

    private CompletionStage<Done> fill(Load load, Source<Entry, NotUsed> entries) {
        return entries.mapAsync(
                        AHEAD,
                        entry -> captured.find(entry.exchange().requestId())
                                .thenApply(capture -> entry.with(capture.orElse(null))))
                .takeWhile(_ -> !load.isFull())
                .runWith(Sink.<Entry>foreach(load::add).addAttributes(ActorAttributes.dispatcher(DISPATCHER)), system);
    }

    private CompletionStage<Result> upload(Progress progress, Plan plan, Load load, boolean more, Bucket bucket) {
        byte[] bytes;
        try {
            bytes = load.archive().finish();
        } catch (IOException e) {
            return CompletableFuture.failedStage(e);
        }
        return bucket.put(plan.object(), bytes, load.archive().contentType()).thenCompose(_ -> {
            var export = new Export(
                    clock.instant().truncatedTo(ChronoUnit.MILLIS),
                    plan.object(),
                    load.requests().size(),
                    bytes.length);
            var done = progress.done(plan, export);
            return records.done(done, plan, export, load.runs(), load.requests())
                    .thenApply(_ -> new Result(done, export, more));
        });
    }
}
