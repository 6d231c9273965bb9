package dev.sluice.export;

import dev.sluice.gate.Endpoint;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.actor.typed.ActorSystem;

/** Has exported once, and failed since. */
public record FakeExporter(ActorSystem<?> system) implements Exporter {
    private static final Instant NOON = Instant.parse("2026-11-21T12:00:00Z");

    @Override
    public CompletionStage<State> state() {
        return CompletableFuture.completedFuture(new State(
                new Destination("", "exports", "us-east-1", "prod", "cbor.zstd"),
                false,
                new Export(NOON, "prod/ts-aperture-export-1.cbor.zstd", 7, 900),
                41,
                3,
                1,
                new Failure(NOON, "the server answered 503 SlowDown: please"),
                NOON));
    }

    @Override
    public CompletionStage<State> run() {
        return state();
    }

    @Override
    public Counts counts() {
        return new Counts(1, 7, 900, 1, 3);
    }

    @Override
    public List<Endpoint> endpoints() {
        return new ExportEndpoints(this, system).endpoints();
    }
}
