package dev.sluice.hook;

import dev.sluice.access.Permit;
import dev.sluice.config.DatabaseRule;
import dev.sluice.config.GrantRule.HookEvent;
import dev.sluice.hook.Hooks.Ended;
import dev.sluice.hook.Hooks.Subject;
import dev.sluice.quota.Quota;
import dev.sluice.session.Exchange;
import dev.sluice.wire.ToolCall;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import org.apache.pekko.Done;
import org.apache.pekko.actor.Cancellable;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.SupervisorStrategy;
import org.apache.pekko.actor.typed.javadsl.AbstractMatchingBehavior;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Writes letters about requests that have ended, and has them stored: all that wait, together. One a node. */
final class Scribe extends AbstractMatchingBehavior<Scribe.Message> {
    private static final Logger log = LoggerFactory.getLogger(Scribe.class);

    /** The books do not wait for ever for letters to be stored. */
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    /** So much is not held any longer only to be written in company. */
    private static final long FLUSH_BYTES = 4 << 20;

    sealed interface Message permits Write, Flush, Written, TooLate {}

    /** @param done completes when the letters are stored, or never will be */
    record Write(Ended ended, List<Quota.Status> quotas, CompletableFuture<Done> done) implements Message {}

    private record Flush() implements Message {}

    private record Written(Batch batch, @Nullable Throwable failure) implements Message {}

    private record TooLate(Batch batch) implements Message {}

    private static final class Batch {
        final List<Letter> letters;
        final List<CompletableFuture<Done>> waiting;

        /** Of a batch that is being written. */
        @Nullable
        Cancellable patience;

        Batch(List<Letter> letters, List<CompletableFuture<Done>> waiting) {
            this.letters = letters;
            this.waiting = waiting;
        }
    }

    private final ActorContext<Message> context;
    private final Letters store;
    private final ActorRef<Postman.Message> postman;
    private final Supplier<String> tailnet;
    private final InstantSource clock;
    private long lastId;
    private List<Letter> letters = new ArrayList<>();
    private List<CompletableFuture<Done>> waiting = new ArrayList<>();
    private long bytes;

    /** @param lastId that was given to a letter */
    static Behavior<Message> create(
            Letters store,
            ActorRef<Postman.Message> postman,
            Supplier<String> tailnet,
            InstantSource clock,
            long lastId) {
        return Behaviors.supervise(Behaviors.<Message>setup(
                        context -> new Scribe(context, store, postman, tailnet, clock, lastId)))
                .onFailure(SupervisorStrategy.resume());
    }

    private Scribe(
            ActorContext<Message> context,
            Letters store,
            ActorRef<Postman.Message> postman,
            Supplier<String> tailnet,
            InstantSource clock,
            long lastId) {
        super(context);
        this.context = context;
        this.store = store;
        this.postman = postman;
        this.tailnet = tailnet;
        this.clock = clock;
        this.lastId = lastId;
    }

    @Override
    public Behavior<Message> onMessage(Message message) {
        switch (message) {
            case Write write -> onWrite(write);
            case Flush() -> flush();
            case Written(var batch, var failure) -> onWritten(batch, failure);
            case TooLate(var batch) -> finish(batch);
        }
        return this;
    }

    private void onWrite(Write write) {
        if (waiting.isEmpty()) {
            // Comes after all that waits already.
            context.getSelf().tell(new Flush());
        }
        waiting.add(write.done());
        var ended = write.ended();
        try {
            var payload = payload(ended, write.quotas());
            for (var hook : ended.permit().hooks()) {
                if (isTold(hook, ended)) {
                    add(letter(hook, ended, payload));
                }
            }
        } catch (RuntimeException e) {
            log.atError()
                    .addKeyValue("requestId", ended.exchange().requestId())
                    .setCause(e)
                    .log("hooks are not told of a request");
        }
        if (bytes > FLUSH_BYTES) {
            flush();
        }
    }

    private void add(Letter letter) {
        if (letter.stored) {
            letters.add(letter);
            bytes += letter.size;
        } else {
            postman.tell(new Postman.Deliver(List.of(letter)));
        }
    }

    /** Whether a hook hears of a request that has ended. */
    static boolean isTold(Permit.Hook hook, Ended ended) {
        return hook.rule() != null && (hook.events().contains(HookEvent.ENTIRE_REQUEST) || isToldOfTools(hook, ended));
    }

    private static boolean isToldOfTools(Permit.Hook hook, Ended ended) {
        return hook.events().contains(HookEvent.TOOL_CALL_ENTIRE_REQUEST)
                && !ended.tools().isEmpty()
                && keepsTools(ended.database());
    }

    /** Where nothing may be kept of tools, no hook hears of them either. */
    private static boolean keepsTools(DatabaseRule database) {
        return !keepsNothing(database) || !database.purge().contains(DatabaseRule.Purge.TOOLS);
    }

    private static boolean keepsNothing(DatabaseRule database) {
        return !database.keepsCaptures();
    }

    private Payload payload(Ended ended, List<Quota.Status> quotas) {
        var exchange = ended.exchange();
        return new Payload(
                subject(exchange),
                tailnet.get(),
                ended.permit(),
                Conversation.of(exchange.format(), ended.transcript()),
                keepsTools(ended.database()) ? ended.tools() : List.<ToolCall>of(),
                new Payload.Cost(exchange.costNanos(), exchange.priceBasis(), exchange.usage()),
                settled(quotas, exchange.costNanos()));
    }

    private static Subject subject(Exchange exchange) {
        return new Subject(
                exchange.login(),
                exchange.node(),
                exchange.userAgent(),
                exchange.path(),
                exchange.provider(),
                exchange.model(),
                exchange.requestId(),
                exchange.session());
    }

    /** As they will be a moment from now: the request is charged only once it is in the books, and it comes there after this. */
    private static List<Quota.Status> settled(List<Quota.Status> quotas, @Nullable Long cost) {
        return cost == null || cost == 0
                ? quotas
                : quotas.stream()
                        .map(it -> new Quota.Status(
                                it.bucket(),
                                it.balanceNanos() - cost,
                                it.reservedNanos(),
                                it.availableNanos(),
                                it.capacityNanos(),
                                it.spentNanos() + cost,
                                it.rate(),
                                it.at()))
                        .toList();
    }

    private Letter letter(Permit.Hook hook, Ended ended, Payload payload) {
        var ofTools = isToldOfTools(hook, ended);
        var body = payload.bytes(hook.send());
        var requestId = ended.exchange().requestId();
        return new Letter(
                ++lastId,
                MessageIds.of(requestId, hook.name(), HookEvent.ENTIRE_REQUEST),
                hook.name(),
                ofTools ? "tool_call_entire_request" : "entire_request",
                requestId,
                clock.millis(),
                body.length,
                !keepsNothing(ended.database()) || hook.send().stream().noneMatch(Payload.CONTENT::contains),
                body);
    }

    private void flush() {
        if (waiting.isEmpty()) {
            return;
        }
        var batch = new Batch(letters, waiting);
        var held = bytes;
        letters = new ArrayList<>();
        waiting = new ArrayList<>();
        bytes = 0;
        if (batch.letters.isEmpty()) {
            finish(batch);
            return;
        }
        batch.patience = context.scheduleOnce(PATIENCE, context.getSelf(), new TooLate(batch));
        context.pipeToSelf(store.add(batch.letters, held), (done, failure) -> new Written(batch, failure));
    }

    private void onWritten(Batch batch, @Nullable Throwable failure) {
        if (failure == null) {
            postman.tell(new Postman.Deliver(batch.letters));
        } else {
            log.atError()
                    .addKeyValue("letters", batch.letters.size())
                    .setCause(failure)
                    .log(
                            "deliveries to hooks were not written; they are lost if this process dies before they are made");
            postman.tell(new Postman.Deliver(
                    batch.letters.stream().map(Letter::unstored).toList()));
        }
        if (batch.patience != null) {
            batch.patience.cancel();
        }
        finish(batch);
    }

    private static void finish(Batch batch) {
        batch.waiting.forEach(done -> done.complete(Done.getInstance()));
    }
}
