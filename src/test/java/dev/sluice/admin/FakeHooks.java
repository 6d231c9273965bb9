package dev.sluice.admin;

import dev.sluice.hook.Hooks;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.Done;

/** One hook, which was called, and failed once for good. */
final class FakeHooks implements Hooks {
    private static final Instant NOON = Instant.parse("2026-11-21T12:00:00Z");

    @Override
    public CompletionStage<Verdict> ask(Question question) {
        return CompletableFuture.completedFuture(new Passed(null));
    }

    @Override
    public CompletionStage<Done> tell(Ended ended) {
        return CompletableFuture.completedFuture(Done.getInstance());
    }

    @Override
    public List<Status> status() {
        return List.of(new Status(
                "audit",
                2,
                2_048,
                17,
                1,
                3,
                "answered with status 500",
                NOON,
                new Asked(5, 1, 2, 1, 1, 1_500_000_000)));
    }

    @Override
    public CompletionStage<List<DeadLetter>> deadLetters(int most) {
        return CompletableFuture.completedFuture(List.of(new DeadLetter(
                "msg_req_1_ab",
                "audit",
                "req_1",
                NOON.minusSeconds(86_400),
                NOON,
                105,
                "given up after 105 attempts")));
    }
}
