package dev.sluice.quota;

import dev.sluice.config.QuotaRule;
import dev.sluice.quota.QuotaBucket.Acknowledged;
import dev.sluice.quota.QuotaBucket.Command;
import dev.sluice.quota.QuotaBucket.Granted;
import dev.sluice.quota.QuotaBucket.Held;
import dev.sluice.quota.QuotaBucket.Journaled;
import dev.sluice.quota.QuotaBucket.Recalled;
import dev.sluice.quota.QuotaBucket.Refused;
import dev.sluice.quota.QuotaBucket.Reply;
import dev.sluice.quota.QuotaBucket.Unable;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.Random;
import java.util.function.Consumer;
import org.apache.pekko.actor.testkit.typed.javadsl.TestInbox;
import org.apache.pekko.actor.typed.ActorRef;
import org.jspecify.annotations.Nullable;

/**
 * One bucket and the nodes that hold leases of it, in virtual time, over a network that loses, doubles, delays and reorders. What decides
 * is the real thing ({@link BucketState}, {@link Lending}, {@link Slice}, {@link Orphans}); played is what carries it: the entity's journal and
 * mailbox, the desk, the sessions.
 */
final class LeaseWorld {
    static final QuotaSettings SETTINGS = QuotaSettings.defaults("none", false);
    private static final long MILLI = 1_000_000L;
    private static final long SECOND = 1_000 * MILLI;
    private static final long WATCH = SETTINGS.reservationExpiry().toNanos() / QuotaBucket.WATCHES_PER_EXPIRY;
    private static final ActorRef<Reply> NOBODY = TestInbox.<Reply>create().getRef();

    /** The protocol, or a way to spoil it. */
    enum Spoilt {
        NOT,
        ACKNOWLEDGES_BEFORE_THE_JOURNAL_HAS_IT,
        GRANTS_BEFORE_THE_JOURNAL_HAS_IT,
        ANSWERS_BEFORE_IT_IS_ACKNOWLEDGED,
        VALID_FROM_WHEN_AN_ANSWER_CAME,
        FORFEITS_WITHIN_VALIDITY,
        TAKES_A_REPORT_TWICE,
        FORGETS_LEASES_IN_A_CRASH,
        FREES_WHAT_A_DEAD_HOLDER_DREW,
        RECORDS_WHAT_NO_BUCKET_KNOWS
    }

    private record Event(long at, long order, Runnable what) {}

    private final PriorityQueue<Event> events =
            new PriorityQueue<>(java.util.Comparator.comparingLong(Event::at).thenComparingLong(Event::order));
    private final Random random;
    private final Spoilt spoilt;
    private long order;
    long now = 1_000 * SECOND;
    boolean isCalm;

    /** What was answered, lost, or failed: each exchange, once. */
    final Map<String, Long> session = new HashMap<>();

    /** Answers that went out. */
    final List<String> answered = new ArrayList<>();

    long sessionNanos;

    /** Let in by a slice that had been forfeited when the bucket heard of it, or by a bucket that died before it could write it down. */
    long excusedNanos;

    long strayNanos;

    /** Held beside the slice it was drawn from, until that one's report comes. */
    long heldTwiceNanos;

    private final Map<String, Long> drawnFrom = new HashMap<>();
    int drawn;
    int insisted;
    int leases;
    final Bucket bucket;
    final List<Holder> holders = new ArrayList<>();
    QuotaRule rule;
    private int requests;

    LeaseWorld(long seed, QuotaRule rule, int nodes, Spoilt spoilt) {
        this.random = new Random(seed);
        this.rule = rule;
        this.spoilt = spoilt;
        this.bucket = new Bucket();
        for (var i = 0; i < nodes; i++) {
            holders.add(new Holder(i));
        }
    }

    Instant instant() {
        return Rules.NOON.plusNanos(now);
    }

    void pass(long nanos) {
        var until = now + nanos;
        while (!events.isEmpty() && events.element().at() <= until) {
            var event = events.remove();
            now = event.at();
            event.what().run();
        }
        now = until;
        holders.forEach(Holder::checkSlice);
    }

    private void after(long nanos, Runnable what) {
        events.add(new Event(now + nanos, order++, what));
    }

    private void send(Holder holder, Runnable delivery) {
        if (now < holder.cutUntil) {
            return;
        }
        var copies = isCalm ? 1 : random.nextInt(100) < 8 ? 0 : random.nextInt(100) < 10 ? 2 : 1;
        for (var i = 0; i < copies; i++) {
            var isSlow = !isCalm && random.nextInt(100) < 3;
            after(MILLI * (1 + random.nextInt(isSlow ? 20_000 : 40)), delivery);
        }
    }

    private long witness(String id, long estimate) {
        var cost = session.putIfAbsent(id, estimate);
        if (cost == null) {
            sessionNanos += estimate;
            return estimate;
        }
        return cost;
    }

    /** The entity: a mailbox that is stashed while the journal writes. */
    final class Bucket {
        final List<Batch> journal = new ArrayList<>();
        BucketState ahead = new BucketState();
        private List<Change> pending = new ArrayList<>();
        private List<Runnable> afterwards = new ArrayList<>();
        private List<Runnable> stash = new ArrayList<>();
        private List<Runnable> parked = new ArrayList<>();
        private Map<Long, Holder> channels = new HashMap<>();
        private Lending lending = new Lending();
        private Orphans orphans = new Orphans();
        private final Map<String, Long> unwritten = new HashMap<>();
        private boolean writing;
        private boolean flushing;
        private boolean isDown;
        private int life;
        private int watches;

        Bucket() {
            after(WATCH, this::watch);
        }

        void hear(Holder from, int incarnation, Command command) {
            if (isDown) {
                return;
            }
            if (writing) {
                stash.add(() -> hear(from, incarnation, command));
                return;
            }
            Consumer<Reply> reply = answer -> send(from, () -> from.hear(incarnation, answer));
            switch (command) {
                case QuotaBucket.Reserve reserve -> {
                    lending.estimated(reserve.estimateNanos());
                    reserve(from, reserve, reply, true);
                }
                case QuotaBucket.Report report -> report(from, report, reply);
                case QuotaBucket.Insist insist -> insist(insist, reply);
                case QuotaBucket.Settle(var id, var nanos, var _, var _) -> {
                    if (!ahead.isClosed(id)) {
                        change(new Change.Settled(id, nanos));
                    }
                    afterwards.add(() -> reply.accept(new Journaled("b", List.of(), List.of(id))));
                }
                case QuotaBucket.Release(var id, var _) -> {
                    if (!ahead.isOver(id)) {
                        change(new Change.Released(id));
                    }
                    afterwards.add(() -> reply.accept(new Journaled("b", List.of(), List.of(id))));
                }
                case QuotaBucket.Renew(var ids) -> orphans.renewed(ids);
                default -> throw new IllegalArgumentException(command.toString());
            }
            flush();
        }

        private void reserve(Holder from, QuotaBucket.Reserve reserve, Consumer<Reply> reply, boolean mayWait) {
            var id = reserve.id();
            if (ahead.isOver(id)) {
                reply.accept(new Unable("b", id, "over"));
                return;
            }
            if (!ahead.isOpen(id)) {
                if (!ahead.isDefinedAs(reserve.rule())) {
                    change(Change.Defined.of(reserve.rule()));
                    recall();
                }
                if (!ahead.admits(reserve.estimateNanos(), instant())) {
                    if (mayWait && ahead.wouldAdmit(reserve.estimateNanos(), instant())) {
                        parked.add(() -> reserve(from, reserve, reply, false));
                        recall();
                    } else {
                        reply.accept(
                                new Refused(id, ahead.empty("b", reserve.estimateNanos(), instant()), RetryAfter.MIN));
                    }
                    return;
                }
                change(new Change.Reserved(id, reserve.estimateNanos(), reserve.owner(), ""));
                unwritten.put(id, reserve.estimateNanos());
                lend(from, reserve, reply);
            }
            reply.accept(new Held("b", id));
            afterwards.add(() -> reply.accept(new Journaled("b", List.of(id), List.of())));
        }

        private void insist(QuotaBucket.Insist insist, Consumer<Reply> reply) {
            var id = insist.id();
            if (!ahead.isOpen(id) && !ahead.isOver(id)) {
                if (!ahead.isDefined()) {
                    change(Change.Defined.of(insist.rule()));
                }
                change(new Change.Reserved(id, insist.nanos(), insist.owner(), ""));
                excuse(id, insist.nanos());
            }
            afterwards.add(() -> reply.accept(new Journaled("b", List.of(id), List.of())));
        }

        /** What the bucket let in itself, and died with before it was written, is excused already. */
        private void excuse(String id, long nanos) {
            var number = drawnFrom.get(id);
            if (number == null) {
                return;
            }
            var lease = ahead.lease(number);
            if (lease == null || lease.over()) {
                excusedNanos += nanos;
                strayNanos += nanos;
            } else {
                heldTwiceNanos += nanos;
            }
        }

        private void lend(Holder from, QuotaBucket.Reserve reserve, Consumer<Reply> reply) {
            if (reserve.lease() != QuotaBucket.WITHOUT_LEASE) {
                return;
            }
            var lease = ahead.leaseOf(reserve.owner());
            if (lease == null && lending.isHot(reserve.owner(), instant())) {
                var nanos = lending.first(ahead, instant());
                if (nanos > 0) {
                    lease = new Change.Leased(ahead.nextLease(), reserve.owner(), nanos, nanos, 0, false);
                    change(lease);
                    leases++;
                }
            }
            var definition = ahead.definition();
            if (lease != null && definition != null && lease.seen() == 0) {
                var granted = new Granted("b", lease.lease(), lease.granted(), definition, reserve.askedAt());
                channels.put(lease.lease(), from);
                lending.heard(lease.lease());
                if (spoilt == Spoilt.GRANTS_BEFORE_THE_JOURNAL_HAS_IT) {
                    reply.accept(granted);
                } else {
                    afterwards.add(() -> reply.accept(granted));
                }
            }
        }

        private void report(Holder from, QuotaBucket.Report sent, Consumer<Reply> reply) {
            var before = ahead.lease(sent.lease());
            var report = sent;
            if (spoilt == Spoilt.TAKES_A_REPORT_TWICE && before != null) {
                report = new QuotaBucket.Report(
                        sent.lease(), before.seen() + 1, sent.entries(), sent.last(), sent.sentAt(), NOBODY);
            }
            var recalled = lending.take(ahead, report, instant(), change -> {
                change(change);
                if (before != null
                        && before.over()
                        && change instanceof Change.Reserved(var _, var nanos, var _, var _)) {
                    excusedNanos += nanos;
                    strayNanos += nanos;
                }
            });
            var lease = ahead.lease(sent.lease());
            if (lease != null && !lease.over()) {
                channels.put(lease.lease(), from);
            }
            var answer = lease == null
                    ? new Acknowledged("b", sent.lease(), QuotaBucket.UNKNOWN, 0, true, false, sent.sentAt())
                    : new Acknowledged(
                            "b", lease.lease(), lease.seen(), lease.granted(), lease.over(), recalled, sent.sentAt());
            if (spoilt == Spoilt.ACKNOWLEDGES_BEFORE_THE_JOURNAL_HAS_IT) {
                reply.accept(answer);
            } else {
                afterwards.add(() -> reply.accept(answer));
            }
            unparkIfAllIsBack();
        }

        private void recall() {
            if (!lending.isRecalling() && !ahead.leases().isEmpty()) {
                lending.recall();
                recallAgain(0);
            }
        }

        private void recallAgain(int times) {
            if (!lending.isRecalling()) {
                return;
            }
            if (times == 4) {
                unpark();
                flush();
                return;
            }
            for (var lease : ahead.leases()) {
                var holder = channels.get(lease.lease());
                if (holder != null) {
                    var incarnation = holder.incarnation;
                    send(holder, () -> holder.hear(incarnation, new Recalled("b", lease.lease())));
                }
            }
            whileAlive(375 * MILLI, () -> recallAgain(times + 1));
        }

        private void unparkIfAllIsBack() {
            if (lending.isRecalling() && ahead.leasedNanos() == 0) {
                unpark();
            }
        }

        private void unpark() {
            lending.recalled(instant());
            var waited = parked;
            parked = new ArrayList<>();
            waited.forEach(Runnable::run);
        }

        private void watch() {
            after(WATCH, this::watch);
            if (!isDown) {
                whenWritten(() -> {
                    for (var forfeited : lending.look(ahead)) {
                        if (spoilt == Spoilt.FREES_WHAT_A_DEAD_HOLDER_DREW) {
                            for (var open : List.copyOf(ahead.open())) {
                                if (open.owner().equals(forfeited.holder())) {
                                    change(new Change.Released(open.id()));
                                }
                            }
                        }
                        change(forfeited);
                    }
                    unparkIfAllIsBack();
                    if (++watches % QuotaBucket.WATCHES_PER_EXPIRY == 0) {
                        orphans.expiryPassed(ahead.open());
                    }
                    for (var id = orphans.next(); id != null; id = orphans.next()) {
                        var open = ahead.reservation(id);
                        if (orphans.answered(id) && open != null) {
                            change(new Change.Expired(id, witness(id, open.nanos())));
                        }
                    }
                    flush();
                });
            }
            if (spoilt == Spoilt.FORFEITS_WITHIN_VALIDITY && !isDown) {
                for (var i = 1; i < 30; i++) {
                    whileAlive(i * SECOND, () -> lending.look(ahead).forEach(this::change));
                }
            }
        }

        void refill(long nanos) {
            if (!isDown) {
                whenWritten(() -> {
                    if (ahead.isDefined()) {
                        change(new Change.Refilled(nanos));
                        flush();
                    }
                });
            }
        }

        private void whenWritten(Runnable what) {
            if (writing) {
                stash.add(what);
            } else {
                what.run();
            }
        }

        private void whileAlive(long nanos, Runnable what) {
            var lived = life;
            after(nanos, () -> {
                if (life == lived && !isDown) {
                    whenWritten(what);
                }
            });
        }

        private void change(Change change) {
            ahead.apply(change, instant());
            journalAt.put(change, instant());
            pending.add(change);
        }

        /** What is pending happened at instants of its own here; the journal of the entity has one for all of it, and they are close. */
        private final IdentityHashMap<Change, Instant> journalAt = new IdentityHashMap<>();

        private void flush() {
            if (flushing || writing) {
                return;
            }
            if (pending.isEmpty()) {
                done();
                return;
            }
            flushing = true;
            whileAlive(MILLI * random.nextInt(3), () -> {
                flushing = false;
                writing = true;
                var lived = life;
                after(MILLI * (1 + random.nextInt(20)), () -> {
                    if (life == lived) {
                        write();
                        writing = false;
                        done();
                        var heard = stash;
                        stash = new ArrayList<>();
                        heard.forEach(this::whenWritten);
                    }
                });
            });
        }

        private void write() {
            pending.forEach(
                    change -> journal.add(new Batch(journalAt.getOrDefault(change, instant()), List.of(change))));
            pending = new ArrayList<>();
            journalAt.clear();
            unwritten.clear();
        }

        private void done() {
            var told = afterwards;
            afterwards = new ArrayList<>();
            told.forEach(Runnable::run);
        }

        void crash(long downFor) {
            if (isDown) {
                return;
            }
            if (writing && random.nextBoolean()) {
                write(); // and nobody was told
            }
            unwritten.values().forEach(nanos -> excusedNanos += nanos);
            unwritten.clear();
            life++;
            isDown = true;
            writing = false;
            flushing = false;
            pending = new ArrayList<>();
            journalAt.clear();
            afterwards = new ArrayList<>();
            stash = new ArrayList<>();
            parked = new ArrayList<>();
            channels = new HashMap<>();
            lending = new Lending();
            orphans = new Orphans();
            watches = 0;
            ahead = durable();
            if (spoilt == Spoilt.FORGETS_LEASES_IN_A_CRASH) {
                ahead.leases()
                        .forEach(lease -> ahead.apply(
                                new Change.Leased(
                                        lease.lease(), lease.holder(), 0, lease.granted(), lease.seen(), true),
                                instant()));
            }
            orphans.recovered(ahead.open(), _ -> false);
            var lived = life;
            after(downFor, () -> {
                if (life == lived) {
                    isDown = false;
                }
            });
        }

        BucketState durable() {
            var state = new BucketState();
            journal.forEach(state::apply);
            return BucketState.of(state.snapshot());
        }
    }

    private static final class Request {
        final String id;
        final long estimate;
        final long cost;
        final long asked;
        boolean isHeld;
        boolean isRecorded;
        boolean hasFailed;
        boolean isOver;

        /** Its client left before the answer began: it is worth something, but nobody waits for the journal. */
        boolean isLeft;

        boolean isInsistedOn;
        boolean isClosing;
        boolean isEntered;
        long retryAt;
        long closeNanos;

        Request(String id, long estimate, long cost, long asked) {
            this.id = id;
            this.estimate = estimate;
            this.cost = cost;
            this.asked = asked;
        }
    }

    /** A node: its desk, and the requests it has under way. */
    final class Holder {
        private final int index;
        int incarnation;
        private long doneAt;
        private @Nullable Slice slice;
        private final Map<String, Request> underWay = new LinkedHashMap<>();
        private long cutUntil;
        private long pausedUntil;
        private int ticks;

        Holder(int index) {
            this.index = index;
            doneAt = now;
            after(375 * MILLI + index, this::tick);
        }

        private String name() {
            return "node" + index + "#" + incarnation;
        }

        private boolean isPaused(Runnable what) {
            if (now < pausedUntil) {
                var lived = incarnation;
                after(pausedUntil - now, () -> {
                    if (lived == incarnation) {
                        what.run();
                    }
                });
                return true;
            }
            return false;
        }

        void ask(long estimate, int percent) {
            var id = "r" + ++requests;
            asked(new Request(id, estimate, estimate * percent / 100, now));
        }

        private void asked(Request request) {
            if (isPaused(() -> asked(request))) {
                return;
            }
            underWay.put(request.id, request);
            var held = slice;
            if (held != null && held.draw(request.id, request.estimate, "", rule, now)) {
                request.isHeld = true;
                drawn++;
                drawnFrom.put(request.id, held.lease());
                report();
            } else {
                tell(new QuotaBucket.Reserve(
                        request.id,
                        request.estimate,
                        name(),
                        "",
                        rule,
                        held == null ? QuotaBucket.WITHOUT_LEASE : held.lease(),
                        now,
                        NOBODY));
            }
        }

        void end(int which) {
            var open = underWay.values().stream()
                    .filter(r -> r.isHeld && !r.isOver)
                    .toList();
            if (!open.isEmpty()) {
                var request = open.get(which % open.size());
                request.isOver = true;
                closeIfMay(request);
            }
        }

        void leave(int which) {
            var open = underWay.values().stream()
                    .filter(r -> r.isHeld && !r.isOver)
                    .toList();
            if (!open.isEmpty()) {
                var request = open.get(which % open.size());
                request.isLeft = true;
                request.isOver = true;
                closeIfMay(request);
            }
        }

        void endAll() {
            for (var request : List.copyOf(underWay.values())) {
                request.isOver |= request.isHeld;
                closeIfMay(request);
            }
        }

        /** The answer waits for the journal; the exchange is recorded, then settled. */
        private void closeIfMay(Request request) {
            if (!request.isOver || request.isClosing || !(request.isRecorded || request.hasFailed)) {
                return;
            }
            if (isPaused(() -> closeIfMay(request))) {
                return;
            }
            // Refused after all where the reservation is not known to be in the journal, and such a refusal costs
            // nothing.
            var cost = request.isRecorded || request.isLeft ? request.cost : 0;
            if (cost > 0 && !request.isRecorded && spoilt != Spoilt.RECORDS_WHAT_NO_BUCKET_KNOWS) {
                request.isInsistedOn = true;
                insist(request);
                return;
            }
            if (!request.hasFailed && !request.isLeft) {
                answered.add(request.id);
            }
            var known = session.putIfAbsent(request.id, cost);
            if (known == null) {
                sessionNanos += cost;
            }
            var nanos = known == null ? cost : known;
            close(request, nanos == 0 ? Desk.RELEASE : nanos);
        }

        private void insist(Request request) {
            request.retryAt = now + 3 * SECOND;
            insisted++;
            tell(new QuotaBucket.Insist(request.id, request.estimate, name(), "", rule, NOBODY));
        }

        private void close(Request request, long nanos) {
            request.isClosing = true;
            request.closeNanos = nanos;
            var held = slice;
            if (held != null && !held.isClosing()) {
                held.end(request.id, nanos);
                request.isEntered = true;
                report();
            } else {
                tellTheEnd(request);
            }
        }

        private void tellTheEnd(Request request) {
            request.retryAt = now + 3 * SECOND;
            tell(
                    request.closeNanos == Desk.RELEASE
                            ? new QuotaBucket.Release(request.id, NOBODY)
                            : new QuotaBucket.Settle(request.id, request.closeNanos, rule, NOBODY));
        }

        private void tell(Command command) {
            var from = incarnation;
            send(this, () -> bucket.hear(this, from, command));
        }

        private void report() {
            var held = slice;
            var telling = held == null ? null : held.tell(now);
            if (held != null && telling != null) {
                if (spoilt == Spoilt.ANSWERS_BEFORE_IT_IS_ACKNOWLEDGED) {
                    telling.entries().stream()
                            .filter(Entry.Drawn.class::isInstance)
                            .forEach(this::entered);
                }
                tell(new QuotaBucket.Report(
                        held.lease(), telling.first(), telling.entries(), telling.last(), telling.sentAt(), NOBODY));
            }
        }

        void hear(int to, Reply reply) {
            if (to != incarnation || now < cutUntil || isPaused(() -> hear(to, reply))) {
                return;
            }
            var isSpoilt = spoilt == Spoilt.VALID_FROM_WHEN_AN_ANSWER_CAME;
            switch (reply) {
                case Held(var _, var id) -> {
                    var request = underWay.get(id);
                    if (request != null && !request.isClosing) {
                        request.isHeld = true;
                    }
                }
                case Refused refused -> underWay.remove(refused.id());
                case Unable(var _, var id, var _) -> underWay.remove(id);
                case Journaled(var _, var reserved, var closed) -> {
                    reserved.forEach(this::recorded);
                    closed.forEach(underWay::remove);
                }
                case Granted(var _, var lease, var nanos, var definition, var askedAt) -> {
                    var at = isSpoilt ? now : askedAt;
                    if (slice == null && at > doneAt) {
                        slice = new Slice(new Granted("b", lease, nanos, definition, at), SLICES, now);
                    }
                }
                case Acknowledged answer -> {
                    var held = slice;
                    if (held != null && held.lease() == answer.lease()) {
                        acknowledged(
                                held,
                                isSpoilt
                                        ? new Acknowledged(
                                                "b",
                                                answer.lease(),
                                                answer.seen(),
                                                answer.granted(),
                                                answer.over(),
                                                answer.recalled(),
                                                now)
                                        : answer);
                    }
                }
                case Recalled(var _, var lease) -> {
                    var held = slice;
                    if (held != null && held.lease() == lease) {
                        held.giveBack();
                    }
                }
                default -> throw new IllegalArgumentException(reply.toString());
            }
            report();
        }

        private void acknowledged(Slice held, Acknowledged answer) {
            if (answer.seen() == QuotaBucket.UNKNOWN) {
                held.lost().forEach(entry -> {
                    if (entry instanceof Entry.Ended(var id, var _) && underWay.containsKey(id)) {
                        underWay.get(id).isEntered = false;
                    }
                });
            } else {
                held.acknowledge(answer).forEach(this::entered);
            }
            if (held.isDone()) {
                slice = null;
                doneAt = now;
            }
        }

        private void entered(Entry entry) {
            switch (entry) {
                case Entry.Drawn(var id, var _, var _) -> recorded(id);
                case Entry.Ended(var id, var _) -> underWay.remove(id);
                case Entry.Returned _ -> {}
            }
        }

        private void recorded(String id) {
            var request = underWay.get(id);
            // Where time was over it is too late for an answer, but not for the books.
            if (request != null && (!request.hasFailed || request.isInsistedOn)) {
                request.isRecorded = true;
                closeIfMay(request);
            }
        }

        private void tick() {
            after(375 * MILLI, this::tick);
            if (now < pausedUntil) {
                return;
            }
            ticks++;
            for (var request : List.copyOf(underWay.values())) {
                if (request.isClosing) {
                    if (!request.isEntered && request.retryAt <= now) {
                        tellTheEnd(request);
                    }
                } else if (!request.isHeld && now - request.asked > 3 * SECOND) {
                    close(request, Desk.RELEASE);
                } else if (request.isInsistedOn) {
                    if (request.retryAt <= now) {
                        insist(request);
                    }
                } else if (request.isHeld && !request.isRecorded && now - request.asked > 9 * SECOND) {
                    request.hasFailed = true;
                    closeIfMay(request);
                }
            }
            if (ticks % 80 == 0) {
                tell(new QuotaBucket.Renew(List.copyOf(underWay.keySet())));
            }
            if (slice != null) {
                slice.giveBackIfIdle(now);
                report();
            }
        }

        void cut(long nanos) {
            cutUntil = Math.max(cutUntil, now + nanos);
        }

        void pause(long nanos) {
            pausedUntil = Math.max(pausedUntil, now + nanos);
        }

        void heal() {
            cutUntil = now;
            pausedUntil = Math.min(pausedUntil, now + SECOND);
        }

        /** Comes back as another process. */
        void crash() {
            incarnation++;
            underWay.clear();
            slice = null;
            doneAt = now;
            pausedUntil = now;
        }

        void checkSlice() {
            var held = slice;
            if (held == null || held.isClosing() || !held.isValid(now) || now < pausedUntil) {
                return;
            }
            var lease = bucket.durable().lease(held.lease());
            if (lease == null || lease.over() || lease.nanos() < held.leftNanos()) {
                throw new AssertionError(name() + " may spend " + held.leftNanos() + " of what is " + lease);
            }
        }

        boolean isIdle() {
            return underWay.isEmpty() && slice == null;
        }
    }

    private static final Slice.Terms SLICES = Slice.Terms.of(SETTINGS);
}
