package dev.sluice.admin;

import dev.sluice.config.Finding;
import dev.sluice.config.Redaction;
import dev.sluice.gate.Visitors;
import dev.sluice.identity.Caller;
import dev.sluice.policy.InForce;
import dev.sluice.policy.Policies;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/** One empty policy, whatever is saved. */
final class FakePolicies implements Policies {
    private static final Version ONLY = new Version(1, "abc", FILE, Instant.EPOCH, null);

    @Override
    public InForce inForce() {
        return new Visitors().rules();
    }

    @Override
    public Document current() {
        return new Document(ONLY, Redaction.of("{}"));
    }

    @Override
    public List<String> troubles() {
        return List.of();
    }

    @Override
    public CompletionStage<Outcome> save(String text, @Nullable String over, Caller by) {
        return CompletableFuture.completedFuture(new Saved(current()));
    }

    @Override
    public CompletionStage<List<Finding>> check(String text) {
        return CompletableFuture.completedFuture(List.of());
    }

    @Override
    public CompletionStage<List<Version>> versions() {
        return CompletableFuture.completedFuture(List.of(ONLY));
    }

    @Override
    public CompletionStage<Optional<Past>> version(long number) {
        return CompletableFuture.completedFuture(Optional.of(new Past(ONLY, "{}", "")));
    }

    @Override
    public CompletionStage<Outcome> rollBack(long number, @Nullable String over, Caller by) {
        return CompletableFuture.completedFuture(new Saved(current()));
    }
}
