package dev.sluice.hook;

import com.datastax.oss.driver.api.core.uuid.Uuids;
import dev.sluice.hook.Letters.Changes;
import dev.sluice.hook.Letters.Dead;
import dev.sluice.hook.Letters.Totals;
import dev.sluice.hook.Queues.Entry;
import dev.sluice.hook.Queues.Found;
import dev.sluice.hook.Queues.Grave;
import dev.sluice.hook.Queues.Listed;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.apache.pekko.Done;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.SupervisorStrategy;
import org.apache.pekko.actor.typed.javadsl.AbstractMatchingBehavior;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.javadsl.TimerScheduler;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps the letters of a node in queues that outlive it. One a node.
 *
 * <p>A node has a queue of its own, made for its first letter, and holds it by a lease. Whoever finds a queue that nobody holds takes the lease over,
 * reads what is in it and delivers that. A letter counts as stored once Cassandra has it and the lease had not run out by then: so nothing is added to a queue
 * that somebody else has read already. What came too late goes into a new queue, and is perhaps delivered twice.
 *
 * <p>Of each kind of work one piece is under way: letters that come meanwhile, and what becomes of others, wait here, within a bound, and go together. So a
 * Cassandra that is slow gets less to do, and not more.
 */
final class QueueKeeper extends AbstractMatchingBehavior<QueueKeeper.Message> {
    private static final Logger log = LoggerFactory.getLogger(QueueKeeper.class);

    /** Longer than a letter may be delivered: whoever finds it too late still counts it. */
    static final Duration COUNTED = Duration.ofDays(1);

    /** What says that there is a queue outlives its letters without being written anew with each. */
    private static final Duration LISTED = Duration.ofHours(1);

    /** A letter is given up by the clock, and its body must not have gone a moment before. */
    private static final Duration GRACE = Duration.ofMinutes(1);

    /** Those who wait are told sooner than they lose their patience, and keep their letters in memory. */
    private static final Duration PATIENCE = Duration.ofSeconds(20);

    private static final Duration AGAIN = Duration.ofMillis(500);
    private static final Duration ANSWER = Duration.ofSeconds(30);
    private static final int TOGETHER = 1_000;
    private static final long TOGETHER_BYTES = 4 << 20;

    /** Letters whose fate is not written down. Beyond it they are delivered once more. */
    private static final int MOST_UNWRITTEN = 50_000;

    /** Of a day, of each process. */
    static final int GRAVES = 200;

    /** A lease is asked for so often while it lasts. */
    private static final int RENEWALS = 6;

    /** Renewal, that is: twice a lease. */
    private static final int LOOK_EVERY = 3;

    sealed interface Message
            permits Begin,
                    Open,
                    Add,
                    Apply,
                    Close,
                    Made,
                    Filed,
                    Cleared,
                    Moved,
                    Tick,
                    Look,
                    Renewed,
                    Marked,
                    Looked,
                    Claimed,
                    Read,
                    Taken,
                    Retry {}

    /** What was counted before. */
    record Begin(Map<String, Totals> totals) implements Message {}

    record Open(ActorRef<Postman.Message> postman) implements Message {}

    /** @param done as {@link Letters#add} */
    record Add(List<Letter> letters, long bytes, CompletableFuture<Done> done) implements Message {}

    record Apply(Changes changes, CompletableFuture<Done> done) implements Message {}

    /** Whoever comes next need not wait for leases to run out. */
    record Close(CompletableFuture<Done> done) implements Message {}

    private record Made(Tenure tenure, long keptUntil, Answer<Boolean> answer) implements Message {}

    private record Filed(Holding into, List<Waiting> group, int newest, long keptUntil, Answer<Boolean> answer)
            implements Message {}

    private record Cleared(List<Outcome> group, Answer<Done> answer) implements Message {}

    private record Moved(Move move, Answer<Boolean> answer) implements Message {}

    private record Tick() implements Message {}

    private record Look() implements Message {}

    private record Renewed(Holding holding, long asked, Answer<Boolean> answer) implements Message {}

    private record Marked(Holding holding, int oldest, Answer<Boolean> answer) implements Message {}

    private record Looked(Answer<List<Listed>> answer) implements Message {}

    private record Claimed(Listed listed, Tenure tenure, Answer<Boolean> answer) implements Message {}

    private record Read(Holding holding, Answer<List<Found>> answer) implements Message {}

    private record Taken(Holding holding, Answer<Integer> answer) implements Message {}

    private record Retry(Work work) implements Message {}

    private enum Work {
        FILE,
        CLEAR,
        MOVE,
        READ,
        OFFER
    }

    /** What came back: a value, or a failure. */
    private record Answer<T>(@Nullable T value, @Nullable Throwable failure) {
        boolean is(T expected) {
            return expected.equals(value);
        }
    }

    private record Waiting(List<Letter> letters, long bytes, CompletableFuture<Done> done, long since) {}

    private record Outcome(Changes changes, List<Grave> graves, CompletableFuture<Done> done) {}

    /** Letters that go from the beginning of a queue to its end. */
    private record Move(Holding holding, List<Letter> letters, int from, long keptUntil) {}

    /** What it works with. */
    record Surroundings(
            Queues queues,
            Supplier<Duration> giveUpAfter,
            Duration lease,
            long mostBytes,
            InstantSource clock,
            LongSupplier nanoTime) {}

    private final ActorContext<Message> context;
    private final TimerScheduler<Message> timers;
    private final Surroundings with;
    private final Queues queues;
    private final Map<UUID, Holding> holdings = new LinkedHashMap<>();
    private @Nullable Holding own;

    private final Deque<Waiting> waiting = new ArrayDeque<>();
    private long waitingBytes;
    private boolean filing;

    private final Deque<Outcome> outcomes = new ArrayDeque<>();
    private final Map<String, Totals> totals = new HashMap<>();
    private int unwritten;
    private int graves;
    private boolean clearing;
    private @Nullable Move moving;

    private @Nullable ActorRef<Postman.Message> postman;
    private Deque<Listed> candidates = new ArrayDeque<>();
    private boolean looking;
    private int ticks = 1;
    private @Nullable Holding inherited;
    private List<Letter> offered = List.of();
    private long lastInherited;

    private boolean troubled;
    private @Nullable CompletableFuture<Done> closed;

    static Behavior<Message> create(Surroundings with) {
        return Behaviors.supervise(Behaviors.<Message>setup(
                        context -> Behaviors.withTimers(timers -> new QueueKeeper(context, timers, with))))
                .onFailure(SupervisorStrategy.resume());
    }

    private QueueKeeper(ActorContext<Message> context, TimerScheduler<Message> timers, Surroundings with) {
        super(context);
        this.context = context;
        this.timers = timers;
        this.with = with;
        this.queues = with.queues();
    }

    @Override
    public Behavior<Message> onMessage(Message message) {
        switch (message) {
            case Begin(var before) -> before.forEach((hook, total) -> totals.merge(hook, total, Totals::plus));
            case Open(var to) -> onOpen(to);
            case Add add -> onAdd(add);
            case Apply apply -> onApply(apply);
            case Close(var done) -> onClose(done);
            case Made made -> onMade(made);
            case Filed filed -> onFiled(filed);
            case Cleared cleared -> onCleared(cleared);
            case Moved moved -> onMoved(moved);
            case Tick() -> onTick();
            case Look() -> look();
            case Renewed renewed -> onRenewed(renewed);
            case Marked marked -> onMarked(marked);
            case Looked(var answer) -> onLooked(answer);
            case Claimed claimed -> onClaimed(claimed);
            case Read read -> onRead(read);
            case Taken taken -> onTaken(taken);
            case Retry(var work) -> onRetry(work);
        }
        return this;
    }

    private void onRetry(Work work) {
        switch (work) {
            case FILE -> file();
            case CLEAR -> clear();
            case MOVE -> move();
            case READ -> read();
            case OFFER -> offer();
        }
    }

    private interface Told<T> {
        Message of(Answer<T> answer);
    }

    /** Begins something; what comes of it comes back as a message, whatever it is. */
    private <T> void begin(Supplier<CompletionStage<T>> work, Told<T> told) {
        CompletionStage<T> begun;
        try {
            begun = work.get();
        } catch (RuntimeException e) {
            begun = CompletableFuture.failedStage(e);
        }
        context.pipeToSelf(begun, (value, failure) -> told.of(new Answer<>(value, failure)));
    }

    private void again(Work work) {
        timers.startSingleTimer(work, new Retry(work), AGAIN);
    }

    private long now() {
        return with.nanoTime().getAsLong();
    }

    private void trouble(Throwable failure) {
        if (!troubled) {
            troubled = true;
            log.atWarn()
                    .addKeyValue("detail", failure)
                    .log(
                            "Cassandra does not take what there is to write of letters to hooks; it is tried again until it does");
        }
    }

    private void noTrouble() {
        if (troubled) {
            troubled = false;
            log.info("Cassandra takes letters to hooks again");
        }
    }

    // Letters come.

    private void onAdd(Add add) {
        if (closed != null || (!waiting.isEmpty() && waitingBytes + add.bytes() > with.mostBytes())) {
            add.done()
                    .completeExceptionally(new IllegalStateException(
                            closed != null ? "the node stops" : "too many letters wait for Cassandra"));
            return;
        }
        waiting.add(new Waiting(add.letters(), add.bytes(), add.done(), now()));
        waitingBytes += add.bytes();
        file();
    }

    private void file() {
        if (filing || timers.isTimerActive(Work.FILE)) {
            return;
        }
        // Cassandra would forget the queue before its letters; it has none any more, or they are all too old.
        if (own != null && own.keptUntil <= with.clock().millis()) {
            retire(own);
        }
        var into = own;
        if (into != null && !into.tenure.isHeld()) {
            lose(into, "its lease was not renewed in time");
            into = null;
        }
        if (waiting.isEmpty()) {
            return;
        }
        filing = true;
        if (into == null) {
            make();
        } else {
            file(into);
        }
    }

    private void make() {
        var kept = kept().plus(LISTED);
        var tenure = new Tenure(Uuids.timeBased(), with.lease(), now(), with.nanoTime());
        var keptUntil = with.clock().millis() + kept.toMillis();
        begin(() -> queues.make(tenure.queue(), with.lease(), kept), answer -> new Made(tenure, keptUntil, answer));
    }

    private void onMade(Made made) {
        filing = false;
        if (made.answer().is(true)) {
            own = Holding.made(made.tenure(), made.keptUntil());
            holdings.put(made.tenure().queue(), own);
            file();
        } else {
            notFiled(made.answer().failure());
        }
        closeIfDone();
    }

    /** Of letters' rows, from now on. */
    private Duration kept() {
        return with.giveUpAfter().get().plus(COUNTED);
    }

    private void file(Holding into) {
        var group = new ArrayList<Waiting>();
        var letters = 0;
        var bytes = 0L;
        for (var each : waiting) {
            letters += each.letters().size();
            bytes += each.bytes();
            if (!group.isEmpty() && (letters > TOGETHER || bytes > TOGETHER_BYTES)) {
                break;
            }
            group.add(each);
        }
        var kept = kept();
        var entries = new ArrayList<Entry>();
        for (var each : group) {
            for (var letter : each.letters()) {
                into.append(letter);
                entries.add(Entry.of(letter, Objects.requireNonNull(letter.place), kept));
            }
        }
        var body = with.giveUpAfter().get().plus(GRACE);
        var keptUntil = keptUntil(into, kept);
        var newest = into.last();
        begin(
                () -> ifMarked(into, newest, keptUntil, () -> queues.add(entries, body)),
                answer -> new Filed(into, group, newest, keptUntil, answer));
    }

    /** When the queue is to be forgotten, as it is or after it was marked anew. */
    private long keptUntil(Holding holding, Duration kept) {
        var needed = with.clock().millis() + kept.toMillis();
        return needed <= holding.keptUntil ? holding.keptUntil : needed + LISTED.toMillis();
    }

    /** Whoever reads the queue must be led to what is written. False when the queue is somebody else's by now. */
    private CompletionStage<Boolean> ifMarked(
            Holding holding, int newest, long keptUntil, Supplier<CompletionStage<Done>> work) {
        var marked = newest > holding.newest || keptUntil > holding.keptUntil
                ? queues.mark(
                        holding.tenure.queue(),
                        holding.first(),
                        newest,
                        Duration.ofMillis(keptUntil - with.clock().millis()))
                : CompletableFuture.completedStage(true);
        return marked.thenCompose(is -> is ? work.get().thenApply(_ -> true) : CompletableFuture.completedStage(false));
    }

    private static void marked(Holding holding, int newest, long keptUntil) {
        holding.newest = Math.max(holding.newest, newest);
        holding.keptUntil = Math.max(holding.keptUntil, keptUntil);
    }

    private void onFiled(Filed filed) {
        filing = false;
        var into = filed.into();
        if (filed.answer().failure() != null) {
            notFiled(filed.answer().failure());
        } else if (filed.answer().is(true) && into.tenure.isHeld()) {
            noTrouble();
            marked(into, filed.newest(), filed.keptUntil());
            filed.group().forEach(each -> {
                waiting.remove(each);
                waitingBytes -= each.bytes();
                each.done().complete(Done.getInstance());
            });
            file();
        } else {
            lose(into, "somebody else may have had it when letters were added");
            file();
        }
        closeIfDone();
    }

    private void notFiled(@Nullable Throwable failure) {
        var reason = failure == null ? new IllegalStateException("a queue of its own could not be made") : failure;
        trouble(reason);
        giveBack(it -> now() - it.since() > PATIENCE.toNanos(), reason);
        again(Work.FILE);
    }

    private void giveBack(Predicate<Waiting> which, Throwable reason) {
        waiting.removeIf(it -> {
            if (!which.test(it)) {
                return false;
            }
            waitingBytes -= it.bytes();
            it.done().completeExceptionally(reason);
            return true;
        });
    }

    // Letters are done.

    private void onApply(Apply apply) {
        var changes = apply.changes();
        if (unwritten + changes.size() > MOST_UNWRITTEN) {
            // Whoever inherits their queues finds them there.
            done(changes).map(letter -> letter.place).filter(Objects::nonNull).forEach(place -> {
                var holding = holdings.get(place.tenure.queue());
                if (holding != null) {
                    lose(holding, "what became of its letters could not be written");
                }
            });
            apply.done()
                    .completeExceptionally(new IllegalStateException(
                            "what became of " + MOST_UNWRITTEN + " letters waits for Cassandra already"));
            return;
        }
        changes.delivered().forEach(letter -> totals.merge(letter.hook, new Totals(1, 0), Totals::plus));
        var buried = new ArrayList<Grave>();
        for (var dead : changes.dead()) {
            totals.merge(dead.letter().hook, new Totals(0, 1), Totals::plus);
            buried.add(new Grave(Math.floorMod(graves++, GRAVES), dead));
        }
        unwritten += changes.size();
        outcomes.add(new Outcome(changes, buried, apply.done()));
        clear();
    }

    private static Stream<Letter> done(Changes changes) {
        return Stream.concat(
                changes.delivered().stream(), changes.dead().stream().map(Dead::letter));
    }

    private void clear() {
        if (clearing || outcomes.isEmpty() || timers.isTimerActive(Work.CLEAR)) {
            return;
        }
        var group = new ArrayList<Outcome>();
        var letters = 0;
        for (var each : outcomes) {
            letters += each.changes().size();
            if (!group.isEmpty() && letters > TOGETHER) {
                break;
            }
            group.add(each);
        }
        clearing = true;
        var buried = latest(group);
        var later = entries(group.stream().flatMap(it -> it.changes().later().stream()));
        var over = entries(group.stream().flatMap(it -> done(it.changes())));
        var counted = counted(group);
        // In this order: a crash between them delivers a letter once more, and loses none.
        begin(
                () -> queues.bury(buried)
                        .thenCompose(_ -> queues.count(counted))
                        .thenCompose(_ -> queues.postpone(later))
                        .thenCompose(_ -> queues.remove(over, true)),
                answer -> new Cleared(group, answer));
    }

    /** Those that are written over at once need not be written. */
    private static List<Grave> latest(List<Outcome> group) {
        var all = group.stream().flatMap(it -> it.graves().stream()).toList();
        return all.subList(Math.max(0, all.size() - GRAVES), all.size());
    }

    private List<Entry> entries(Stream<Letter> letters) {
        return letters.flatMap(letter -> {
                    var place = letter.place;
                    return place == null ? Stream.empty() : Stream.of(Entry.of(letter, place, left(letter)));
                })
                .toList();
    }

    /** How long a letter that was stored before is to be kept. */
    private Duration left(Letter letter) {
        return kept().minusMillis(Math.max(0, with.clock().millis() - letter.created));
    }

    private Map<String, Totals> counted(List<Outcome> group) {
        var counted = new HashMap<String, Totals>();
        group.stream()
                .flatMap(it -> done(it.changes()))
                .forEach(letter -> counted.put(letter.hook, totals.getOrDefault(letter.hook, new Totals(0, 0))));
        return counted;
    }

    private void onCleared(Cleared cleared) {
        clearing = false;
        if (cleared.answer().failure() != null) {
            trouble(cleared.answer().failure());
            again(Work.CLEAR);
            closeIfDone();
            return;
        }
        noTrouble();
        var touched = new HashSet<Holding>();
        for (var outcome : cleared.group()) {
            outcomes.remove(outcome);
            unwritten -= outcome.changes().size();
            done(outcome.changes()).forEach(letter -> {
                var place = letter.place;
                var holding = place == null ? null : holdings.get(place.tenure.queue());
                if (place != null && holding != null) {
                    holding.done(place);
                    touched.add(holding);
                }
            });
            outcome.done().complete(Done.getInstance());
        }
        touched.forEach(this::finishIfDone);
        clear();
        tidy();
        closeIfDone();
    }

    /** A queue that others have left, or that takes no more letters, goes with its last one. */
    private void finishIfDone(Holding holding) {
        if (holding != own
                && holding != inherited
                && holding.isRead()
                && holding.buckets.isEmpty()
                && holdings.remove(holding.tenure.queue(), holding)) {
            holding.tenure.lose();
            // When this fails, somebody finds it empty once its lease has run out.
            begin(() -> queues.delete(holding.tenure.queue()), answer -> new Marked(holding, holding.oldest, answer));
        }
    }

    private void retire(Holding holding) {
        own = null;
        holding.reading = Integer.MAX_VALUE;
        finishIfDone(holding);
    }

    // Letters are moved.

    private void tidy() {
        var holding = own;
        if (holding == null || filing || clearing || moving != null || closed != null || !holding.tenure.isHeld()) {
            return;
        }
        var letters = holding.buckets.stragglers(holding.last());
        if (!letters.isEmpty()) {
            moving = new Move(holding, letters, holding.next, keptUntil(holding, kept()));
            holding.next += letters.size();
            move();
        }
    }

    /** Nothing else is written meanwhile, so that no letter is deleted in one place while it is put in another. */
    private void move() {
        var move = moving;
        if (move == null) {
            return;
        }
        filing = true;
        clearing = true;
        var holding = move.holding();
        var there = new ArrayList<Entry>();
        var here = new ArrayList<Entry>();
        for (var letter : move.letters()) {
            var place = Objects.requireNonNull(letter.place);
            var kept = left(letter);
            here.add(Entry.of(letter, place, kept));
            there.add(new Entry(
                    place.tenure.queue(),
                    move.from() + there.size(),
                    place.body,
                    letter,
                    letter.attempts,
                    letter.due,
                    kept));
        }
        begin(
                () -> ifMarked(
                        holding,
                        holding.last(),
                        move.keptUntil(),
                        () -> queues.copy(there).thenCompose(_ -> queues.remove(here, false))),
                answer -> new Moved(move, answer));
    }

    private void onMoved(Moved moved) {
        var move = moved.move();
        var holding = move.holding();
        var failure = moved.answer().failure();
        if (failure != null && holding.tenure.isHeld()) {
            giveBack(it -> now() - it.since() > PATIENCE.toNanos(), failure);
            again(Work.MOVE);
            return;
        }
        moving = null;
        filing = false;
        clearing = false;
        if (moved.answer().is(true)) {
            marked(holding, holding.last(), move.keptUntil());
            for (var nth = 0; nth < move.letters().size(); nth++) {
                var letter = move.letters().get(nth);
                var place = Objects.requireNonNull(letter.place);
                holding.buckets.remove(place.number);
                place.number = move.from() + nth;
                holding.buckets.put(place.number, letter);
            }
        } else {
            lose(holding, "somebody else may have had it when letters were moved");
        }
        file();
        clear();
        tidy();
        closeIfDone();
    }

    // Leases.

    private void onOpen(ActorRef<Postman.Message> to) {
        postman = to;
        timers.startTimerWithFixedDelay(new Tick(), with.lease().dividedBy(RENEWALS));
        look();
    }

    private void onTick() {
        for (var holding : List.copyOf(holdings.values())) {
            if (!holding.tenure.isHeld()) {
                lose(holding, "its lease was not renewed in time");
            } else {
                renew(holding);
                mark(holding);
            }
        }
        tidy();
        if (ticks++ % LOOK_EVERY == 0) {
            look();
        }
    }

    private void renew(Holding holding) {
        if (!holding.renewing) {
            holding.renewing = true;
            var asked = now();
            begin(
                    () -> queues.renew(holding.tenure.queue(), with.lease()),
                    answer -> new Renewed(holding, asked, answer));
        }
    }

    private void onRenewed(Renewed renewed) {
        var holding = renewed.holding();
        holding.renewing = false;
        if (renewed.answer().is(false)) {
            lose(holding, "somebody else has it");
        } else if (renewed.answer().is(true) && !holding.tenure.renew(renewed.asked())) {
            lose(holding, "its lease was not renewed in time");
        }
    }

    private void mark(Holding holding) {
        var oldest = holding.first();
        if (oldest > holding.oldest && !holding.marking) {
            holding.marking = true;
            begin(
                    () -> queues.markOldest(holding.tenure.queue(), oldest, kept().plus(LISTED)),
                    answer -> new Marked(holding, oldest, answer));
        }
    }

    private static void onMarked(Marked marked) {
        marked.holding().marking = false;
        if (marked.answer().is(true)) {
            marked.holding().oldest = marked.oldest();
        }
    }

    /** Others may deliver its letters from now on. */
    private void lose(Holding holding, String why) {
        if (!holdings.remove(holding.tenure.queue(), holding)) {
            return;
        }
        holding.tenure.lose();
        own = own == holding ? null : own;
        inherited = inherited == holding ? null : inherited;
        if (postman != null) {
            postman.tell(new Postman.Disown(holding.tenure));
        }
        log.atWarn()
                .addKeyValue("queue", holding.tenure.queue())
                .addKeyValue("letters", holding.buckets.size())
                .addKeyValue("detail", why)
                .log("a queue of letters to hooks is left to whoever comes first");
    }

    // Queues that others have left.

    private void look() {
        if (!looking && inherited == null && postman != null && closed == null && !timers.isTimerActive(Look.class)) {
            looking = true;
            begin(queues::list, Looked::new);
        }
    }

    private void onLooked(Answer<List<Listed>> answer) {
        candidates = new ArrayDeque<>();
        Optional.ofNullable(answer.value()).stream()
                .flatMap(List::stream)
                .filter(it -> it.holder() == null && !holdings.containsKey(it.queue()))
                .forEach(candidates::add);
        claim();
    }

    /** The oldest first. */
    private void claim() {
        var listed = closed == null ? candidates.poll() : null;
        if (listed == null) {
            looking = false;
            return;
        }
        var tenure = new Tenure(listed.queue(), with.lease(), now(), with.nanoTime());
        begin(() -> queues.claim(listed, with.lease()), answer -> new Claimed(listed, tenure, answer));
    }

    private void onClaimed(Claimed claimed) {
        if (claimed.answer().is(false)) {
            claim();
            return;
        }
        looking = false;
        if (!claimed.answer().is(true)) {
            return;
        }
        var holding = Holding.left(claimed.tenure(), claimed.listed());
        holdings.put(holding.tenure.queue(), holding);
        inherited = holding;
        log.atInfo()
                .addKeyValue("queue", holding.tenure.queue())
                .log("letters to hooks that another process has left are delivered from here");
        read();
    }

    private void read() {
        var holding = inherited;
        if (holding == null || closed != null) {
            return;
        }
        if (holding.isRead()) {
            inherited = null;
            finishIfDone(holding);
            look();
            return;
        }
        begin(() -> queues.bucket(holding.tenure.queue(), holding.reading), answer -> new Read(holding, answer));
    }

    private void onRead(Read read) {
        var holding = read.holding();
        var found = read.answer().value();
        if (inherited != holding) {
            return;
        }
        if (found == null) {
            again(Work.READ);
            return;
        }
        offered = found.stream().map(it -> letter(holding, it)).toList();
        offer();
    }

    private Letter letter(Holding holding, Found found) {
        var letter = new Letter(
                --lastInherited,
                found.message(),
                found.hook(),
                found.event(),
                found.requestId(),
                found.created(),
                found.size(),
                true,
                null);
        letter.attempts = found.attempts();
        letter.due = found.due();
        letter.place = new Place(holding.tenure, found.number(), found.body());
        holding.buckets.put(found.number(), letter);
        return letter;
    }

    private void offer() {
        var holding = inherited;
        if (holding == null || postman == null || closed != null) {
            return;
        }
        if (offered.isEmpty()) {
            holding.reading++;
            read();
            return;
        }
        var taken = new CompletableFuture<Integer>();
        postman.tell(new Postman.Adopt(offered, taken));
        begin(() -> taken.orTimeout(ANSWER.toMillis(), TimeUnit.MILLISECONDS), answer -> new Taken(holding, answer));
    }

    private void onTaken(Taken taken) {
        var holding = taken.holding();
        var number = taken.answer().value();
        if (inherited != holding) {
            return;
        }
        if (number == null) {
            lose(holding, "its letters could not be handed over");
        } else if (number == 0 && !holding.begun) {
            // Somebody else may have room. Here there may be some after a while.
            inherited = null;
            holdings.remove(holding.tenure.queue(), holding);
            holding.tenure.lose();
            begin(() -> queues.release(holding.tenure.queue()), answer -> new Marked(holding, holding.oldest, answer));
            timers.startSingleTimer(Look.class, new Look(), with.lease());
        } else {
            holding.begun = true;
            offered = offered.subList(number, offered.size());
            if (offered.isEmpty()) {
                offer();
            } else {
                again(Work.OFFER);
            }
        }
    }

    // The end.

    private void onClose(CompletableFuture<Done> done) {
        closed = done;
        giveBack(it -> true, new IllegalStateException("the node stops"));
        closeIfDone();
    }

    private void closeIfDone() {
        var done = closed;
        if (done == null || filing || clearing || !outcomes.isEmpty()) {
            return;
        }
        var released = holdings.values().stream()
                .map(holding -> {
                    holding.tenure.lose();
                    var queue = holding.tenure.queue();
                    return holding.isRead() && holding.buckets.isEmpty() ? queues.delete(queue) : queues.release(queue);
                })
                .map(CompletionStage::toCompletableFuture)
                .toArray(CompletableFuture[]::new);
        holdings.clear();
        var _ = CompletableFuture.allOf(released).whenComplete((_, _) -> done.complete(Done.getInstance()));
    }
}
