package dev.sluice.export;

import dev.sluice.gate.Endpoint;
import dev.sluice.policy.InForce;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;
import org.apache.pekko.actor.typed.ActorSystem;
import org.jspecify.annotations.Nullable;
import org.slf4j.LoggerFactory;

/**
 * Says that nothing is exported. An object is a range of one journal's events in their one order, and on Cassandra there is no such order: what takes
 * its place is not there yet.
 */
final class NoExporter implements Exporter {
    private static final String WHY =
            "records are not exported from Cassandra (expected: sluice.storage.kind = sqlite)";

    private final ActorSystem<?> system;
    private final Supplier<InForce> inForce;
    private final Instant since;

    NoExporter(ActorSystem<?> system, Supplier<InForce> inForce, InstantSource clock) {
        this.system = system;
        this.inForce = inForce;
        this.since = clock.instant();
        if (isWanted()) {
            LoggerFactory.getLogger(NoExporter.class).error("exporters.s3: {}", WHY);
        }
    }

    private boolean isWanted() {
        return inForce.get().policy().s3() != null;
    }

    @Override
    public CompletionStage<State> state() {
        @Nullable Failure failure = isWanted() ? new Failure(since, WHY) : null;
        return CompletableFuture.completedStage(
                new State(null, false, null, 0, 0, failure == null ? 0 : 1, failure, null));
    }

    @Override
    public CompletionStage<State> run() {
        return state();
    }

    @Override
    public Counts counts() {
        return new Counts(0, 0, 0, isWanted() ? 1 : 0, 0);
    }

    @Override
    public List<Endpoint> endpoints() {
        return new ExportEndpoints(this, system).endpoints();
    }
}
