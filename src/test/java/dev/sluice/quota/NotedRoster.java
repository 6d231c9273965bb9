package dev.sluice.quota;

import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.apache.pekko.Done;
import org.apache.pekko.NotUsed;
import org.apache.pekko.stream.javadsl.Source;

/** A roster that keeps what it was told, and completes when the test says so. */
final class NotedRoster implements Roster {
    final Queue<String> told = new ConcurrentLinkedQueue<>();
    private final CompletionStage<Done> noted;

    NotedRoster() {
        this(CompletableFuture.completedStage(Done.getInstance()));
    }

    NotedRoster(CompletionStage<Done> noted) {
        this.noted = noted;
    }

    @Override
    public Source<String, NotUsed> all() {
        return Source.empty();
    }

    @Override
    public Source<String, NotUsed> awake() {
        return Source.empty();
    }

    @Override
    public CompletionStage<Done> wakes(String bucket, long events) {
        told.add("wakes " + events);
        return noted;
    }

    @Override
    public void rests(String bucket, long events) {
        told.add("rests " + events);
    }
}
