package dev.sluice.hook;

import com.datastax.oss.driver.api.core.uuid.Uuids;
import dev.sluice.cassandra.CassandraStore;
import dev.sluice.config.ClusterSettings;
import dev.sluice.config.Policy;
import dev.sluice.hook.Hooks.DeadLetter;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.apache.pekko.Done;
import org.apache.pekko.actor.CoordinatedShutdown;
import org.apache.pekko.actor.ExtendedActorSystem;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.DispatcherSelector;
import org.apache.pekko.pattern.Patterns;

/** Letters in Cassandra, where other nodes find them when this one is gone. */
final class CassandraLetters implements Letters {
    private static final Duration FAREWELL = Duration.ofSeconds(4);
    private static final int TRIES = 30;

    private final ActorSystem<?> system;
    private final Queues queues;
    private final ActorRef<QueueKeeper.Message> keeper;

    static CassandraLetters open(
            ActorSystem<?> system,
            HookSettings settings,
            Supplier<Policy> policy,
            InstantSource clock,
            DispatcherSelector dispatcher) {
        var queues = new CassandraQueues(
                system,
                CassandraStore.get(system),
                clock,
                node(system),
                Uuids.timeBased().toString());
        var keeper = QueueKeeper.create(new QueueKeeper.Surroundings(
                queues,
                () -> settings.giveUpAfter(policy.get().database()),
                settings.lease(),
                settings.memory(),
                clock,
                System::nanoTime));
        return new CassandraLetters(system, queues, system.systemActorOf(keeper, "hook-queues", dispatcher));
    }

    /** The same after a restart, as far as its address is. One that is alone listens to nobody, at any port. */
    private static String node(ActorSystem<?> system) {
        return ClusterSettings.of(system.settings().config()).isSingle()
                ? "single"
                : ((ExtendedActorSystem) system.classicSystem())
                        .provider()
                        .getDefaultAddress()
                        .hostPort();
    }

    CassandraLetters(ActorSystem<?> system, Queues queues, ActorRef<QueueKeeper.Message> keeper) {
        this.system = system;
        this.queues = queues;
        this.keeper = keeper;
    }

    /** Letters come later, by and by: only what was counted is waited for. */
    @Override
    public CompletionStage<Left> left() {
        return Patterns.retry(
                        queues::totals,
                        TRIES,
                        Duration.ofSeconds(1),
                        system.classicSystem().scheduler(),
                        system.executionContext())
                .thenApply(totals -> {
                    keeper.tell(new QueueKeeper.Begin(totals));
                    return new Left(List.of(), totals);
                });
    }

    @Override
    public void open(ActorRef<Postman.Message> postman) {
        keeper.tell(new QueueKeeper.Open(postman));
        if (SqliteLetters.exist(system)) {
            new FormerLetters(system, SqliteLetters.open(system), this, postman).move();
        }
        CoordinatedShutdown.get(system)
                .addTask(
                        CoordinatedShutdown.PhaseBeforeActorSystemTerminate(),
                        "leave-letters",
                        () -> farewell(postman));
    }

    /** What is under way may end, and then the next one need not wait for this one's leases. */
    private CompletionStage<Done> farewell(ActorRef<Postman.Message> postman) {
        var delivered = new CompletableFuture<Done>();
        postman.tell(new Postman.Close(delivered));
        return delivered
                .completeOnTimeout(Done.getInstance(), FAREWELL.toMillis() / 2, TimeUnit.MILLISECONDS)
                .thenCompose(_ -> {
                    var left = new CompletableFuture<Done>();
                    keeper.tell(new QueueKeeper.Close(left));
                    return left;
                })
                .completeOnTimeout(Done.getInstance(), FAREWELL.toMillis(), TimeUnit.MILLISECONDS);
    }

    @Override
    public CompletionStage<Done> add(List<Letter> letters, long bytes) {
        var done = new CompletableFuture<Done>();
        keeper.tell(new QueueKeeper.Add(letters, bytes, done));
        return done;
    }

    @Override
    public CompletionStage<Optional<byte[]>> body(Letter letter) {
        var place = letter.place;
        return place == null
                ? CompletableFuture.completedStage(Optional.empty())
                : queues.body(place.tenure.queue(), place.body);
    }

    @Override
    public CompletionStage<Done> apply(Changes changes) {
        var done = new CompletableFuture<Done>();
        keeper.tell(new QueueKeeper.Apply(changes, done));
        return done;
    }

    @Override
    public CompletionStage<List<DeadLetter>> dead(int most) {
        return queues.dead(most);
    }
}
