package dev.sluice.export;

import dev.sluice.capture.Captures;
import dev.sluice.cluster.CborSerializable;
import dev.sluice.config.Egress;
import dev.sluice.gate.Endpoint;
import dev.sluice.journal.Storage;
import dev.sluice.policy.InForce;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import org.apache.pekko.Done;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.persistence.query.EventEnvelope;
import org.jspecify.annotations.Nullable;

/** Exports records of finished requests as the policy in force says. */
public interface Exporter {

    /** Begins to export, each record on one node of the cluster; ends with the system. Once a node. */
    static Exporter start(
            ActorSystem<?> system,
            Egress egress,
            Supplier<InForce> inForce,
            Captures captures,
            InstantSource clock,
            RandomGenerator random) {
        var exporting = new ExportingNode(
                system, egress, () -> inForce.get().policy().s3(), new KeptCaptures(captures), clock, random);
        return switch (Storage.kind(system)) {
            case SQLITE -> exporting.journal();
            case CASSANDRA -> exporting.slices();
        };
    }

    /** How far this node's own journal is exported, for nodes that go on with it on a storage that they share. */
    static CompletionStage<Moved> moved(ActorSystem<?> system) {
        return Handover.of(system);
    }

    /** What is to be known of events that move. */
    interface Moved {
        /** Some of one session, in their order: those that were exported are not exported again. */
        CompletionStage<Done> take(List<EventEnvelope> events);

        /** An object of which nobody knows whether it is in its bucket: its records are exported again. */
        Optional<String> inDoubt();
    }

    /**
     * One object that was exported.
     *
     * @param at    when it was
     * @param bytes of the object
     */
    record Export(Instant at, String object, long records, long bytes) {}

    /** What went wrong last, and when. */
    record Failure(Instant at, String message) {}

    /** Where to; {@code endpoint} is empty for AWS's own. */
    record Destination(String endpoint, String bucket, String region, String prefix, String format) {}

    /**
     * How it stands.
     *
     * @param to      null when the policy names no bucket
     * @param running whether it is at it now
     * @param last    null before the first
     * @param offset  of the journal, up to which all is in the bucket; where nodes share one, a time in milliseconds
     * @param lag     records that are not; where nodes share a journal, counted to 1000 in each of 16 slices
     * @param failures since something went well
     * @param failure null when the last attempt went well
     * @param next    when it looks again; null when it never does
     */
    record State(
            @Nullable Destination to,
            boolean running,
            @Nullable Export last,
            long offset,
            long lag,
            long failures,
            @Nullable Failure failure,
            @Nullable Instant next)
            implements CborSerializable {}

    /** Since this node started. {@code lag} is as it was when somebody last looked: seconds ago at most while there is a bucket. */
    record Counts(long objects, long records, long bytes, long failures, long lag) {}

    CompletionStage<State> state();

    /** Exports whatever is there now; completes when it is in the bucket, has failed, or takes longer than somebody would wait. */
    CompletionStage<State> run();

    Counts counts();

    /** {@code GET /api/export} and {@code POST /api/export:run}. */
    List<Endpoint> endpoints();
}
