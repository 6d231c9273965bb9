package dev.sluice.key;

import dev.sluice.journal.StorageTrouble;
import dev.sluice.key.GatewayKey.Answer;
import dev.sluice.key.GatewayKey.Command;
import dev.sluice.key.GatewayKey.Known;
import dev.sluice.key.GatewayKey.NoSuchKey;
import dev.sluice.key.GatewayKey.Taken;
import java.time.Duration;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import java.util.function.LongSupplier;
import java.util.random.RandomGenerator;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.javadsl.AskPattern;
import org.apache.pekko.cluster.sharding.typed.ShardingEnvelope;
import org.apache.pekko.cluster.sharding.typed.javadsl.ClusterSharding;
import org.apache.pekko.cluster.sharding.typed.javadsl.Entity;
import org.apache.pekko.stream.javadsl.Sink;
import org.apache.pekko.stream.javadsl.Source;
import org.jspecify.annotations.Nullable;

/** The door's inside: keys as sharded entities, one ring of keys a node. */
final class ShardedKeys implements GatewayKeys {

    /** An actor may have to be read from the journal first, on a node that has just started. */
    private static final Duration ASK_TIMEOUT = Duration.ofSeconds(3);

    /** Keys asked at once for a page of the list. */
    private static final int ASKED_AT_ONCE = 8;

    private static final CompletionStage<Verdict> MALFORMED =
            CompletableFuture.completedStage(new Refused("a gateway key that is misspelt or made up"));

    private final ActorSystem<?> system;
    private final InstantSource clock;
    private final LongSupplier nanos;
    private final RandomGenerator random;
    private final int most;
    private final ActorRef<ShardingEnvelope<Command>> region;
    private final Keyring ring;
    private final Strangers strangers;
    private final KeyRoll roll;
    private final AtomicInteger inTheMaking = new AtomicInteger();

    static CompletionStage<GatewayKeys> start(ActorSystem<?> system, InstantSource clock, RandomGenerator random) {
        return new ShardedKeys(system, clock, System::nanoTime, random, MOST)
                .open()
                .thenApply(keys -> keys);
    }

    ShardedKeys(ActorSystem<?> system, InstantSource clock, LongSupplier nanos, RandomGenerator random, int most) {
        this.system = system;
        this.clock = clock;
        this.nanos = nanos;
        this.random = random;
        this.most = most;
        this.region = ClusterSharding.get(system)
                .init(Entity.of(GatewayKey.KEY, entity -> GatewayKey.create(entity.getEntityId(), entity.getShard()))
                        .withStopMessage(new GatewayKey.Stop()));
        this.ring = new Keyring(new Here());
        this.strangers = new Strangers(nanos);
        this.roll = KeyRoll.of(system, clock);
    }

    /** Hears of all keys that there are, then goes on to hear of those that are made. */
    CompletionStage<ShardedKeys> open() {
        return roll.follow(created -> ring.add(created.key(), created.sha256())).thenApply(_ -> this);
    }

    @Override
    public CompletionStage<Creation> create(KeyTerms terms, String by) {
        var now = clock.instant().truncatedTo(ChronoUnit.MILLIS);
        var findings = TermsCheck.findings(terms, now);
        if (!findings.isEmpty()) {
            return CompletableFuture.completedStage(new Unacceptable(findings));
        }
        if (ring.size() + inTheMaking.incrementAndGet() > most) {
            inTheMaking.decrementAndGet();
            return CompletableFuture.completedStage(new TooMany());
        }
        var text = KeyText.make(random);
        var key = new KeyRecord(text.id(), terms, now, by);
        var sha256 = KeyHash.of(text.whole().reveal()).hex();
        return roll.enter(new KeyCreated(key, sha256))
                .thenCompose(_ -> ask(key.id(), replyTo -> new GatewayKey.Create(key, sha256, replyTo)))
                .<Creation>thenApply(answer -> switch (answer) {
                    case Known(var status, var _) -> {
                        ring.add(key, sha256);
                        yield new Created(text.whole(), status);
                    }
                    case Taken(), NoSuchKey() ->
                        throw new IllegalStateException(
                                "two keys of the id " + key.id() + "; the next one will differ");
                })
                .whenComplete((_, _) -> inTheMaking.decrementAndGet());
    }

    @Override
    public CompletionStage<List<KeyStatus>> list(@Nullable String owner, int limit, @Nullable String before) {
        return Source.from(ring.page(owner, limit, before))
                .mapAsync(ASKED_AT_ONCE, this::find)
                .mapConcat(found -> found.stream().toList())
                .runWith(Sink.seq(), system);
    }

    @Override
    public CompletionStage<Optional<KeyStatus>> find(String id) {
        return ring.get(id) == null
                ? CompletableFuture.completedStage(Optional.empty())
                : ask(id, GatewayKey.Tell::new).thenApply(ShardedKeys::status);
    }

    @Override
    public CompletionStage<Optional<KeyStatus>> revoke(String id, String by) {
        var ringKey = ring.get(id);
        if (ringKey == null) {
            return CompletableFuture.completedStage(Optional.empty());
        }
        var now = nanos.getAsLong();
        var at = clock.instant().truncatedTo(ChronoUnit.MILLIS);
        return ask(id, replyTo -> new GatewayKey.Revoke(at, by, replyTo)).thenApply(answer -> {
            var status = status(answer);
            status.ifPresent(revoked -> ringKey.hear(revoked, now));
            return status;
        });
    }

    @Override
    public CompletionStage<Verdict> verify(String presented) {
        var text = KeyText.read(presented);
        if (text.isEmpty()) {
            return MALFORMED;
        }
        var id = text.get().id();
        var hash = KeyHash.of(presented);
        var ringKey = ring.get(id);
        return ringKey == null ? strangers.verify(hash, () -> introduce(id, hash)) : ringKey.verify(hash);
    }

    private CompletionStage<Verdict> introduce(String id, KeyHash hash) {
        return ask(id, GatewayKey.Tell::new).thenCompose(answer -> switch (answer) {
            case Known(var status, var sha256) -> ring.add(status.key(), sha256).verify(hash);
            case NoSuchKey(), Taken() ->
                CompletableFuture.completedStage(new Refused("a gateway key that this gateway never made"));
        });
    }

    private CompletionStage<Answer> ask(String id, Function<ActorRef<Answer>, Command> command) {
        return AskPattern.ask(
                region, replyTo -> new ShardingEnvelope<>(id, command.apply(replyTo)), ASK_TIMEOUT, system.scheduler());
    }

    private static Optional<KeyStatus> status(Answer answer) {
        return answer instanceof Known(var status, var _) ? Optional.of(status) : Optional.empty();
    }

    /** What a key of the ring asks for. */
    private final class Here implements RingKey.Surroundings {
        private final StorageTrouble trouble = StorageTrouble.get(system);

        @Override
        public CompletionStage<KeyStatus> ask(String id) {
            return ShardedKeys.this
                    .ask(id, GatewayKey.Tell::new)
                    .thenApply(answer -> status(answer)
                            .orElseThrow(() -> new IllegalStateException("the journal has lost gateway key " + id)));
        }

        @Override
        public void tellUse(String id) {
            // A key whose use cannot be written would have to be read again, and hold for nobody until then.
            if (trouble.isKnown()) {
                return;
            }
            region.tell(new ShardingEnvelope<>(
                    id, new GatewayKey.Use(clock.instant().truncatedTo(ChronoUnit.SECONDS))));
        }

        @Override
        public InstantSource clock() {
            return clock;
        }

        @Override
        public LongSupplier nanos() {
            return nanos;
        }
    }
}
