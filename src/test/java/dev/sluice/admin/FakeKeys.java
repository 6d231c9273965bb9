package dev.sluice.admin;

import dev.sluice.config.Secret;
import dev.sluice.key.GatewayKeys;
import dev.sluice.key.KeyRecord;
import dev.sluice.key.KeyStatus;
import dev.sluice.key.KeyTerms;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/** Keys in memory: ids count up, owners called {@code refused} get none, and there is room for three. */
final class FakeKeys implements GatewayKeys {
    static final Instant NOON = Instant.parse("2026-11-21T12:00:00Z");

    final TreeMap<String, KeyStatus> made = new TreeMap<>();

    @Override
    public CompletionStage<Creation> create(KeyTerms terms, String by) {
        if (terms.owner().equals("refused")) {
            return CompletableFuture.completedStage(new Unacceptable("owner: refused"));
        }
        if (made.size() == 3) {
            return CompletableFuture.completedStage(new TooMany());
        }
        var id = "key" + (made.size() + 1);
        var status = new KeyStatus(new KeyRecord(id, terms, NOON, by), null, null);
        made.put(id, status);
        return CompletableFuture.completedStage(new Created(Secret.of("sk-sluice-" + id), status));
    }

    @Override
    public CompletionStage<List<KeyStatus>> list(@Nullable String owner, int limit, @Nullable String before) {
        return CompletableFuture.completedStage(made.descendingMap().values().stream()
                .filter(status ->
                        owner == null || owner.equals(status.key().terms().owner()))
                .filter(status -> before == null || status.key().id().compareTo(before) < 0)
                .limit(limit)
                .toList());
    }

    @Override
    public CompletionStage<Optional<KeyStatus>> find(String id) {
        return CompletableFuture.completedStage(Optional.ofNullable(made.get(id)));
    }

    @Override
    public CompletionStage<Optional<KeyStatus>> revoke(String id, String by) {
        made.computeIfPresent(id, (_, status) -> new KeyStatus(status.key(), NOON, status.lastUsed()));
        return find(id);
    }

    @Override
    public CompletionStage<Verdict> verify(String presented) {
        return CompletableFuture.completedStage(new Refused("nobody asked for that"));
    }
}
