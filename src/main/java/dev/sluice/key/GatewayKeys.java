package dev.sluice.key;

import dev.sluice.config.Secret;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.random.RandomGenerator;
import org.apache.pekko.Done;
import org.apache.pekko.actor.typed.ActorSystem;
import org.jspecify.annotations.Nullable;

/** The keys of this gateway, {@code sk-sluice-...}: made, listed, revoked, checked. */
public interface GatewayKeys {
    /** Keys there may be, revoked and expired ones among them: a node knows all of them, at some 400 bytes each. */
    int MOST = 100_000;

    /**
     * Opens the room on a node, on its storage: call it once. Completes when all keys are known.
     *
     * @param random makes keys; a cryptographic one
     */
    static CompletionStage<GatewayKeys> start(ActorSystem<?> system, InstantSource clock, RandomGenerator random) {
        return ShardedKeys.start(system, clock, random);
    }

    /** Tags of an event in the journal; none when it is no key's. */
    static Set<String> tags(Object event) {
        return event instanceof KeyCreated ? Set.of(KeyCreated.TAG) : Set.of();
    }

    /** Has a key found on Cassandra that was made elsewhere; does nothing when this is not the event that made it. */
    static CompletionStage<Done> enter(ActorSystem<?> system, InstantSource clock, Object event) {
        return event instanceof KeyCreated key
                ? KeyRoll.of(system, clock).enter(key)
                : CompletableFuture.completedStage(Done.getInstance());
    }

    /** Whether somebody means it to be a key of ours, good or not. */
    static boolean looksLikeOne(String text) {
        return text.regionMatches(true, 0, KeyText.PREFIX, 0, KeyText.PREFIX.length());
    }

    /** Whether there may be a key of ours in it. */
    static boolean isIn(String text) {
        return text.contains(KeyText.PREFIX);
    }

    /** What came of the wish for a key. */
    sealed interface Creation {}

    /** The one time that the key itself is told. */
    record Created(Secret text, KeyStatus key) implements Creation {}

    /** Nobody makes a key for that. */
    record Unacceptable(String why) implements Creation {}

    /** There are {@link #MOST} already. */
    record TooMany() implements Creation {}

    /** Whether a key holds. */
    sealed interface Verdict {}

    record Valid(KeyRecord key) implements Verdict {}

    /** It does not; {@code why} has nothing of its secret. */
    record Refused(String why) implements Verdict {}

    /** Nobody could say: so it is not let in, but may be in a moment. */
    record Unsaid(String why) implements Verdict {}

    CompletionStage<Creation> create(KeyTerms terms, String by);

    /**
     * Keys, the latest first.
     *
     * @param owner only this one's; null for everybody's
     * @param before for the next page: the previous page's last id; null for the first page
     */
    CompletionStage<List<KeyStatus>> list(@Nullable String owner, int limit, @Nullable String before);

    CompletionStage<Optional<KeyStatus>> find(String id);

    /** Idempotent; empty when there is no such key. Holds here at once, on every node within a second. */
    CompletionStage<Optional<KeyStatus>> revoke(String id, String by);

    /**
     * Whether a text is a key that holds, and whose. Never fails. Mostly completed already, and never later than some seconds from now; what hangs on it
     * must be brief or move to an executor.
     */
    CompletionStage<Verdict> verify(String presented);
}
