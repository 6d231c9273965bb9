package dev.sluice.quota;

import dev.sluice.journal.StorageTrouble;
import dev.sluice.quota.QuotaBucket.Answer;
import dev.sluice.quota.QuotaBucket.Charged;
import dev.sluice.quota.QuotaBucket.Command;
import dev.sluice.quota.QuotaBucket.Known;
import dev.sluice.quota.QuotaBucket.NoSuchBucket;
import java.time.InstantSource;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Function;
import org.apache.pekko.Done;
import org.apache.pekko.NotUsed;
import org.apache.pekko.actor.CoordinatedShutdown;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.Props;
import org.apache.pekko.actor.typed.javadsl.Adapter;
import org.apache.pekko.actor.typed.javadsl.AskPattern;
import org.apache.pekko.cluster.sharding.typed.ShardingEnvelope;
import org.apache.pekko.cluster.sharding.typed.javadsl.ClusterSharding;
import org.apache.pekko.cluster.sharding.typed.javadsl.Entity;
import org.apache.pekko.cluster.typed.Cluster;
import org.apache.pekko.cluster.typed.ClusterSingleton;
import org.apache.pekko.cluster.typed.SingletonActor;
import org.apache.pekko.stream.javadsl.Sink;
import org.apache.pekko.stream.javadsl.Source;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The door's inside: buckets as sharded entities, one desk a node. */
final class ShardedQuota implements Quota {

    /** Buckets asked at once when all of them are: each may have to be read from the journal first. */
    private static final int ASKED_AT_ONCE = 4;

    private static final Logger log = LoggerFactory.getLogger(ShardedQuota.class);

    private final ActorSystem<?> system;
    private final QuotaSettings settings;
    private final ActorRef<ShardingEnvelope<Command>> region;
    private final ActorRef<Desk.Message> desk;
    private final LongAdder orphansCharged;
    private final Outages outages;
    private final Roster roster;

    static Quota start(ActorSystem<?> system, Witness witness, InstantSource clock, QuotaSettings settings) {
        var quota = new ShardedQuota(system, witness, clock, settings, incarnation(system));
        if (settings.singleNode()) {
            quota.wakeAll();
        } else {
            ClusterSingleton.get(system)
                    .init(SingletonActor.of(Waker.create(quota::wakeAll), "quota-waker")
                            .withStopMessage(new Waker.Stop()));
        }
        return quota;
    }

    ShardedQuota(
            ActorSystem<?> system, Witness witness, InstantSource clock, QuotaSettings settings, String incarnation) {
        this.system = system;
        this.settings = settings;
        this.orphansCharged = new LongAdder();
        this.roster = Roster.of(system, settings.readJournal());
        var sharding = ClusterSharding.get(system);
        region = sharding.init(Entity.of(QuotaBucket.KEY, entity -> {
                    var ref = sharding.entityRefFor(QuotaBucket.KEY, entity.getEntityId());
                    return QuotaBucket.create(
                            entity.getEntityId(),
                            new QuotaBucket.Surroundings(
                                    incarnation,
                                    witness,
                                    clock,
                                    settings,
                                    orphansCharged,
                                    this::chargeSiblings,
                                    ref::tell,
                                    roster,
                                    () -> isOneVersion(system)));
                })
                .withStopMessage(new QuotaBucket.Stop()));
        outages = new Outages(Desk.tick(settings), StorageTrouble.get(system)::known);
        desk = system.systemActorOf(
                Desk.create(region, incarnation, settings, outages, System::nanoTime), "quota-desk", Props.empty());
        CoordinatedShutdown.get(system)
                .addActorTerminationTask(
                        CoordinatedShutdown.PhaseBeforeClusterShutdown(),
                        "stop-quota-desk",
                        Adapter.toClassic(desk),
                        Optional.of(new Desk.Stop()));
    }

    /** This process and no other: the address alone would be the same after a restart. */
    private static String incarnation(ActorSystem<?> system) {
        var node = Cluster.get(system).selfMember().uniqueAddress();
        return node.address().hostPort() + "#" + Long.toUnsignedString(node.longUid(), 36);
    }

    /** During a rolling update a bucket may yet move to a node of the older version, which might not read what there is about leases. */
    private static boolean isOneVersion(ActorSystem<?> system) {
        var own = Cluster.get(system).selfMember().appVersion();
        for (var member : Cluster.get(system).state().getMembers()) {
            if (!member.appVersion().equals(own)) {
                return false;
            }
        }
        return true;
    }

    @Override
    public CompletionStage<Verdict> reserve(Request request) {
        if (request.estimateNanos() < 0) {
            throw new IllegalArgumentException(
                    "estimate of " + request.requestId() + ": " + request.estimateNanos() + " (expected: >= 0)");
        }
        if (request.buckets().isEmpty()) {
            return CompletableFuture.completedStage(new Admitted(NothingHeld.INSTANCE));
        }
        var holding = new Holding(withoutDoubles(request), desk);
        desk.tell(new Desk.Ask(holding));
        return holding.verdict;
    }

    /** Two grants may name one bucket; the request is charged to it once. */
    private static Request withoutDoubles(Request request) {
        if (request.buckets().size() == 1) {
            return request;
        }
        var seen = new HashSet<String>();
        var buckets = request.buckets().stream()
                .filter(bucket -> seen.add(bucket.name()))
                .toList();
        return new Request(request.requestId(), buckets, request.estimateNanos(), request.memo());
    }

    @Override
    public CompletionStage<List<Status>> list() {
        return told(roster.all());
    }

    @Override
    public CompletionStage<List<Status>> of(List<String> buckets) {
        return told(Source.from(buckets));
    }

    private CompletionStage<List<Status>> told(Source<String, NotUsed> names) {
        var listed = new CompletableFuture<List<Status>>();
        names.mapAsync(ASKED_AT_ONCE, this::status)
                .filter(Optional::isPresent)
                .map(Optional::get)
                .runWith(Sink.seq(), system)
                .whenCompleteAsync(
                        (statuses, failure) -> {
                            if (failure != null) {
                                listed.completeExceptionally(failure);
                            } else {
                                listed.complete(statuses.stream()
                                        .sorted(Comparator.comparing(Status::bucket))
                                        .toList());
                            }
                        },
                        system.executionContext());
        return listed;
    }

    @Override
    public CompletionStage<Optional<Status>> refill(String bucket, long nanos) {
        if (nanos <= 0) {
            throw new IllegalArgumentException("refill of " + bucket + ": " + nanos + " (expected: > 0)");
        }
        var amount = Math.min(nanos, Desk.NANOS_MAX);
        return ask(bucket, replyTo -> new QuotaBucket.Refill(amount, replyTo));
    }

    @Override
    public long orphansCharged() {
        return orphansCharged.sum();
    }

    @Override
    public Outage outage() {
        return outages.seen();
    }

    @Override
    public long refusedAtOnce() {
        return outages.refusedSoFar();
    }

    @Override
    public long letInOnGrace() {
        return outages.letInSoFar();
    }

    private CompletionStage<Optional<Status>> status(String bucket) {
        return ask(bucket, QuotaBucket.Tell::new);
    }

    private CompletionStage<Long> chargeSiblings(String id, Testimony testimony, String butNot) {
        CompletionStage<Answer> charged = CompletableFuture.completedFuture(new Charged());
        for (var bucket : testimony.buckets()) {
            if (!bucket.equals(butNot)) {
                charged = charged.thenComposeAsync(
                        _ -> answer(bucket, replyTo -> new QuotaBucket.ChargeToo(id, testimony.costNanos(), replyTo)),
                        system.executionContext());
            }
        }
        return charged.thenApply(_ -> testimony.costNanos());
    }

    private CompletionStage<Optional<Status>> ask(String bucket, Function<ActorRef<Answer>, Command> command) {
        return answer(bucket, command)
                .thenApplyAsync(
                        answer -> switch (answer) {
                            case Known(var status) -> Optional.of(status);
                            case NoSuchBucket(), Charged() -> Optional.empty();
                        },
                        system.executionContext());
    }

    private CompletionStage<Answer> answer(String bucket, Function<ActorRef<Answer>, Command> command) {
        return AskPattern.ask(
                region,
                replyTo -> new ShardingEnvelope<>(bucket, command.apply(replyTo)),
                settings.askTimeout(),
                system.scheduler());
    }

    /**
     * A bucket looks after its orphans when it wakes; one that nobody uses would not. One that is slow to wake may wake all the same, or
     * never have heard of it, because it was asked for on a node that had just died. Completes with the number of those.
     */
    private CompletionStage<Long> wakeAll() {
        return roster.awake()
                .mapAsync(
                        ASKED_AT_ONCE,
                        name -> status(name)
                                .handleAsync((status, failure) -> failure == null ? 0L : 1L, system.executionContext()))
                .runWith(Sink.<Long, Long>fold(0L, Long::sum), system)
                .whenCompleteAsync(
                        (silent, failure) -> {
                            if (failure != null) {
                                log.atError().setCause(failure).log("could not look for orphans in all quota buckets");
                            } else {
                                log.atInfo().addKeyValue("silent", silent).log("woke the quota buckets");
                            }
                        },
                        system.executionContext());
    }

    /** A request without quotas. */
    private enum NothingHeld implements Reservation {
        INSTANCE;

        private static final CompletionStage<Done> DONE = CompletableFuture.completedStage(Done.getInstance());

        @Override
        public CompletionStage<Done> recorded() {
            return DONE;
        }

        @Override
        public CompletionStage<Done> insist() {
            return DONE;
        }

        @Override
        public CompletionStage<Done> settle(long costNanos) {
            return DONE;
        }

        @Override
        public CompletionStage<Done> release() {
            return DONE;
        }
    }
}
