package dev.sluice.policy;

import dev.sluice.access.Role;
import dev.sluice.config.ClusterSettings;
import dev.sluice.config.Finding;
import dev.sluice.config.PolicyDocument;
import dev.sluice.config.PolicyReading;
import dev.sluice.config.Redaction;
import dev.sluice.identity.Caller;
import dev.sluice.policy.PolicyHistory.Listed;
import dev.sluice.policy.PolicyHistory.Newest;
import dev.sluice.policy.PolicyHistory.NothingNewer;
import dev.sluice.policy.PolicyHistory.Reply;
import dev.sluice.policy.PolicyHistory.Written;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;
import java.util.function.Supplier;
import org.apache.pekko.Done;
import org.apache.pekko.actor.CoordinatedShutdown;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.DispatcherSelector;
import org.apache.pekko.actor.typed.javadsl.AskPattern;
import org.apache.pekko.cluster.sharding.typed.ShardingEnvelope;
import org.apache.pekko.cluster.sharding.typed.javadsl.ClusterSharding;
import org.apache.pekko.cluster.sharding.typed.javadsl.Entity;
import org.apache.pekko.persistence.query.PersistenceQuery;
import org.apache.pekko.persistence.query.javadsl.CurrentEventsByPersistenceIdQuery;
import org.apache.pekko.stream.javadsl.Sink;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A node's policy. What changes it, a look at the file and at the history, or somebody who saves, happens one after the other; readers see
 * one whole policy or the next.
 */
final class KeptPolicies implements Policies {
    private static final Logger log = LoggerFactory.getLogger(KeptPolicies.class);

    /** Two looks at the history are less than a second apart, which is what a revoked grant may live on. */
    private static final Duration LOOK = Duration.ofMillis(400);

    private static final Duration ASK_TIMEOUT = Duration.ofSeconds(5);

    /** The first question waits for sharding to come up. */
    private static final Duration START_TIMEOUT = Duration.ofSeconds(30);

    /** A file that cannot be written may be in half a minute. */
    private static final Duration WRITE_AGAIN = Duration.ofSeconds(30);

    /** People who save at one time. */
    private static final int MAX_WAITING = 64;

    private record Kept(Document document, String text, InForce inForce) {
        long number() {
            return document.version().number();
        }
    }

    /**
     * What was last seen of the file.
     *
     * @param content its text; null when it could not be read
     * @param wrong   why it is not in force; empty when it is, or would be if it were the newest
     */
    private record OnDisk(@Nullable String content, List<String> wrong) {}

    private record Failed(Kept kept, OnDisk before, long nanos) {
        boolean isRecent(Kept now, OnDisk disk) {
            return kept.equals(now) && before.equals(disk) && System.nanoTime() - nanos < WRITE_AGAIN.toNanos();
        }
    }

    private final ActorSystem<?> system;
    private final PolicyFile file;
    private final String readJournal;
    private final InstantSource clock;
    private final ActorRef<ShardingEnvelope<PolicyHistory.Command>> history;
    private final Executor executor;
    private final AtomicBoolean looking = new AtomicBoolean();

    private volatile Kept kept;
    private volatile OnDisk disk;
    private volatile @Nullable String unwritten;

    /** This node shuts down, and its rooms leave before it does. */
    private volatile boolean over;

    /** The file has the policy in force, and the history was not told yet. */
    private volatile boolean unconfirmed;

    /** What could not be written, and when: the disk is not to be asked for it again all the time. */
    private volatile @Nullable Failed failed;

    private volatile @Nullable String unreachable;

    /** A version that this node cannot read, with the reasons. */
    private volatile List<String> refusal = List.of();

    // Touched by one job at a time only.
    private long refused;
    private @Nullable String glimpsed;

    // Guarded by this.
    private CompletionStage<?> lastJob = CompletableFuture.completedFuture(Done.getInstance());
    private int waiting;

    static CompletionStage<Policies> start(
            ActorSystem<?> system,
            String readJournal,
            InstantSource clock,
            PolicyFile.Content file,
            CompletionStage<InForce> inForce) {
        var history = ClusterSharding.get(system)
                .init(Entity.of(PolicyHistory.KEY, entity -> PolicyHistory.create(clock))
                        .withStopMessage(new PolicyHistory.Stop()));
        var shared = !ClusterSettings.of(system.settings().config()).isSingle();
        CompletionStage<Reply> opened = AskPattern.ask(
                history,
                replyTo ->
                        new ShardingEnvelope<>(PolicyHistory.ID, new PolicyHistory.Open(file.text(), shared, replyTo)),
                START_TIMEOUT,
                system.scheduler());
        return opened.thenCombine(inForce, (newest, ofFile) -> {
            var policies = new KeptPolicies(system, readJournal, clock, file, history, (Newest) newest, ofFile);
            policies.watch();
            return policies;
        });
    }

    private KeptPolicies(
            ActorSystem<?> system,
            String readJournal,
            InstantSource clock,
            PolicyFile.Content file,
            ActorRef<ShardingEnvelope<PolicyHistory.Command>> history,
            Newest newest,
            InForce ofFile) {
        this.system = system;
        this.file = file.file();
        this.readJournal = readJournal;
        this.clock = clock;
        this.history = history;
        this.executor = system.dispatchers().lookup(DispatcherSelector.blocking());
        this.disk = new OnDisk(file.text(), List.of());
        if (newest.text().equals(file.text())) {
            this.kept = kept(newest, ofFile);
        } else {
            var policy = PolicyDocument.read(newest.text());
            if (policy.policy() == null) {
                throw new IllegalStateException("version " + newest.version().number() + " of the policy, saved by "
                        + newest.version().by() + " at " + newest.version().at()
                        + " and not written to " + this.file.path() + " yet, cannot be read here: "
                        + sentences(policy.findings())
                        + " (to go on with the file instead, change it, be it by a comment)");
            }
            this.kept = kept(newest, InForce.of(policy.policy(), clock));
            log.atWarn()
                    .addKeyValue("version", newest.version().number())
                    .addKeyValue("by", newest.version().by())
                    .addKeyValue("file", this.file.path())
                    .log("the policy in force was saved and not written to the file; it is written now");
        }
        told(kept);
    }

    private static Kept kept(Newest newest, InForce inForce) {
        return new Kept(new Document(newest.version(), Redaction.of(newest.text())), newest.text(), inForce);
    }

    private void watch() {
        var looks = system.scheduler().scheduleWithFixedDelay(LOOK, LOOK, this::look, system.executionContext());
        CoordinatedShutdown.get(system).addTask(CoordinatedShutdown.PhaseServiceUnbind(), "policy-looks", () -> {
            over = true;
            looks.cancel();
            return CompletableFuture.completedFuture(Done.getInstance());
        });
    }

    // --- reading

    @Override
    public InForce inForce() {
        return kept.inForce();
    }

    @Override
    public Document current() {
        return kept.document();
    }

    @Override
    public List<String> troubles() {
        var troubles = new ArrayList<>(disk.wrong());
        troubles.addAll(refusal);
        Optional.ofNullable(unwritten).ifPresent(troubles::add);
        Optional.ofNullable(unreachable).ifPresent(troubles::add);
        return List.copyOf(troubles);
    }

    @Override
    public CompletionStage<List<Version>> versions() {
        return ask(PolicyHistory.Tell::new)
                .thenApply(reply -> reply instanceof Listed(var versions) ? versions.reversed() : List.of());
    }

    @Override
    public CompletionStage<Optional<Past>> version(long number) {
        return past(number).thenApplyAsync(found -> found.map(KeptPolicies::past), executor);
    }

    private record Found(PolicySaved saved, @Nullable PolicySaved before) {}

    private CompletionStage<Optional<Found>> past(long number) {
        return PersistenceQuery.get(system)
                .getReadJournalFor(CurrentEventsByPersistenceIdQuery.class, readJournal)
                .currentEventsByPersistenceId(PolicyHistory.PERSISTENCE_ID.id(), 1, Long.MAX_VALUE)
                .mapConcat(envelope -> envelope.event() instanceof PolicySaved saved ? List.of(saved) : List.of())
                .takeWhile(saved -> saved.number() <= number)
                .filter(saved -> saved.number() >= number - 1)
                .runWith(Sink.seq(), system)
                .thenApply(all -> all.stream()
                        .filter(it -> it.number() == number)
                        .findFirst()
                        .map(it -> new Found(
                                it,
                                all.stream()
                                        .filter(each -> each.number() == number - 1)
                                        .findFirst()
                                        .orElse(null))));
    }

    private static Past past(Found found) {
        var version = Version.of(found.saved());
        var before = found.before();
        if (before == null) {
            return new Past(version, Redaction.of(found.saved().text()).text(), "");
        }
        var old = Redaction.of(before.text());
        var now = Redaction.of(found.saved().text(), old.secrets());
        return new Past(
                version,
                Redaction.of(found.saved().text()).text(),
                Diff.of("version " + before.number(), old, "version " + version.number(), now));
    }

    @Override
    public CompletionStage<List<Finding>> check(String text) {
        return CompletableFuture.supplyAsync(
                () -> {
                    var flaw = flaw(text);
                    return flaw == null ? unspoken(read(restored(text)).findings()) : List.of(flaw);
                },
                executor);
    }

    /** What keeps a text from being a file. */
    private static @Nullable Finding flaw(String text) {
        if (!StandardCharsets.UTF_8.newEncoder().canEncode(text)) {
            return new Finding(Finding.Severity.ERROR, "config holds half of a character (expected: Unicode)", 0, 0);
        }
        return text.getBytes(StandardCharsets.UTF_8).length > PolicyFile.MAX_BYTES
                ? new Finding(
                        Finding.Severity.ERROR,
                        "config is larger than " + PolicyFile.MAX_BYTES + " bytes, the most that is read",
                        0,
                        0)
                : null;
    }

    /** Findings quote the document, and whoever sent a mark is not to read in them what it stands for. */
    private List<Finding> unspoken(List<Finding> findings) {
        var secrets = kept.document().redaction().secrets().values();
        return findings.stream()
                .map(it -> {
                    var message = it.message();
                    for (var secret : secrets) {
                        message = message.replace(secret, "***");
                    }
                    return new Finding(it.severity(), message, it.line(), it.column());
                })
                .toList();
    }

    private String restored(String text) {
        return kept.document().redaction().restore(text);
    }

    private static PolicyReading read(String text) {
        return PolicyDocument.read(text);
    }

    // --- saving

    @Override
    public CompletionStage<Outcome> save(String text, @Nullable String over, Caller by) {
        return inTurn(() -> {
            if (isOutdated(over)) {
                return done(new Outdated(kept.document().version()));
            }
            var tooMuch = flaw(text);
            var whole = tooMuch == null ? restored(text) : text;
            var flaw = tooMuch == null ? flaw(whole) : tooMuch;
            if (flaw != null) {
                return done(new Invalid(List.of(flaw)));
            }
            var reading = read(whole);
            return reading.findings().isEmpty()
                    ? save(whole, reading, over, null, by)
                    : done(new Invalid(unspoken(reading.findings())));
        });
    }

    @Override
    public CompletionStage<Outcome> rollBack(long number, @Nullable String over, Caller by) {
        // The journal is read before the turn: others need not wait for that.
        return past(number)
                .thenComposeAsync(
                        found -> found.map(it -> inTurn(() -> rollBack(it.saved(), over, by)))
                                .orElseGet(() -> done(new NoSuchVersion())),
                        executor);
    }

    private CompletionStage<Outcome> rollBack(PolicySaved saved, @Nullable String over, Caller by) {
        if (isOutdated(over)) {
            return done(new Outdated(kept.document().version()));
        }
        var reading = read(saved.text());
        return reading.policy() == null
                ? done(new Invalid(unspoken(reading.findings())))
                : save(saved.text(), reading, over, saved.number(), by);
    }

    /** Told at once; what another node has saved meanwhile the history finds. */
    private boolean isOutdated(@Nullable String over) {
        return over != null && !over.equals(kept.document().version().hash());
    }

    private CompletionStage<Outcome> save(
            String text, PolicyReading reading, @Nullable String over, @Nullable Long restored, Caller by) {
        var next = InForce.of(Objects.requireNonNull(reading.policy()), clock);
        if (next.access().role(by) != Role.ADMIN) {
            return done(new LockedOut());
        }
        var asSeen = isFileAsSeen();
        if (!asSeen && over != null) {
            return done(new FileChanged(file.path()));
        }
        // Whoever saves over anything saves over a changed file, too; but not before the journal has what comes in its
        // place.
        var givenUp = asSeen ? disk : contentNow();
        return ask(replyTo -> new PolicyHistory.Save(text, over, by.login(), restored, replyTo))
                .thenComposeAsync(
                        reply -> switch (reply) {
                            case Newest newest -> {
                                adopt(newest, next);
                                disk = givenUp;
                                var document = kept.document();
                                yield write().thenApply(_ -> (Outcome) new Saved(document));
                            }
                            case PolicyHistory.Outdated(var newest) -> done(new Outdated(newest));
                            case NothingNewer _, Written _, Listed _ ->
                                throw new IllegalStateException("the history answered " + reply);
                        },
                        executor);
    }

    /** What stands in the file now was seen, and nothing is wrong with it. */
    private boolean isFileAsSeen() {
        try {
            return disk.wrong().isEmpty() && file.text().equals(disk.content());
        } catch (IOException _) {
            return false;
        }
    }

    private OnDisk contentNow() {
        try {
            return new OnDisk(file.text(), List.of());
        } catch (IOException e) {
            return new OnDisk(null, List.of(String.valueOf(e.getMessage())));
        }
    }

    private static CompletionStage<Outcome> done(Outcome outcome) {
        return CompletableFuture.completedFuture(outcome);
    }

    // --- looking

    /** At the file and at the history; never two at a time. */
    private void look() {
        if (looking.compareAndSet(false, true)) {
            var _ = inTurn(() -> lookAtFile()
                            .thenComposeAsync(_ -> lookAtHistory(), executor)
                            .thenComposeAsync(_ -> write(), executor))
                    .whenComplete((done, failure) -> {
                        looking.set(false);
                        noteReachable(failure);
                    });
        }
    }

    private void noteReachable(@Nullable Throwable failure) {
        if (over) {
            return;
        }
        var was = unreachable;
        unreachable = failure == null ? null : "the history of the policy cannot be asked: " + failure.getMessage();
        if (failure != null && was == null) {
            log.atError().setCause(failure).log("the history of the policy cannot be asked; the policy stays as it is");
        } else if (failure == null && was != null) {
            log.info("the history of the policy can be asked again");
        }
    }

    private static final String NO_TEXT = "\0";

    /** A text counts once two looks have seen it: an editor may be in the midst of writing. */
    private CompletionStage<Done> lookAtFile() {
        String text;
        try {
            text = file.text();
        } catch (IOException e) {
            // Twice, too: some editors delete a file and make it anew.
            var nothing = NO_TEXT + e.getMessage();
            if (!nothing.equals(glimpsed)) {
                glimpsed = nothing;
            } else if (disk.content() != null || disk.wrong().isEmpty()) {
                reject(null, List.of(String.valueOf(e.getMessage())));
            }
            return CompletableFuture.completedFuture(Done.getInstance());
        }
        if (text.equals(disk.content())) {
            glimpsed = null;
            return CompletableFuture.completedFuture(Done.getInstance());
        }
        if (!text.equals(glimpsed)) {
            glimpsed = text;
            return CompletableFuture.completedFuture(Done.getInstance());
        }
        glimpsed = null;
        return take(text);
    }

    private CompletionStage<Done> take(String text) {
        var reading = read(text);
        var policy = reading.policy();
        if (policy == null) {
            reject(
                    text,
                    reading.findings().stream()
                            .filter(it -> it.severity() == Finding.Severity.ERROR)
                            .map(it -> file.path() + sentence(it))
                            .map(it -> withoutSecrets(it, text))
                            .toList());
            return CompletableFuture.completedFuture(Done.getInstance());
        }
        reading.findings()
                .forEach(it -> log.atWarn()
                        .addKeyValue("file", file.path())
                        .log("the policy has a flaw{}", withoutSecrets(sentence(it), text)));
        var next = InForce.of(policy, clock);
        return ask(replyTo -> new PolicyHistory.Save(text, null, FILE, null, replyTo))
                .thenApplyAsync(
                        reply -> {
                            disk = new OnDisk(text, List.of());
                            if (reply instanceof Newest newest) {
                                adopt(newest, next);
                            }
                            return Done.getInstance();
                        },
                        executor);
    }

    private static String withoutSecrets(String message, String text) {
        var said = message;
        for (var secret : Redaction.of(text).secrets().values()) {
            said = said.replace(secret, "***");
        }
        return said;
    }

    private void reject(@Nullable String content, List<String> wrong) {
        disk = new OnDisk(content, wrong);
        wrong.forEach(it -> log.atError()
                .addKeyValue("inForce", kept.number())
                .log("the policy file is not taken up, and the policy stays as it is: {}", it));
    }

    private CompletionStage<Done> lookAtHistory() {
        return ask(replyTo -> new PolicyHistory.After(Math.max(kept.number(), refused), replyTo))
                .thenApplyAsync(
                        reply -> {
                            if (reply instanceof Newest newest) {
                                take(newest);
                            }
                            return Done.getInstance();
                        },
                        executor);
    }

    /** Saved on another node, where the environment may be another, too. */
    private void take(Newest newest) {
        var reading = read(newest.text());
        var policy = reading.policy();
        if (policy != null) {
            adopt(newest, InForce.of(policy, clock));
            return;
        }
        refused = newest.version().number();
        refusal = List.of("version " + refused + ", saved by "
                + newest.version().by() + " on another node, cannot be read here: " + sentences(reading.findings()));
        log.error("a policy is not taken up, and the policy stays as it is: {}", refusal.getFirst());
    }

    private void adopt(Newest newest, InForce next) {
        if (newest.version().number() <= kept.number()) {
            return;
        }
        kept = kept(newest, next);
        refusal = List.of();
        told(kept);
    }

    private static void told(Kept kept) {
        var version = kept.document().version();
        log.atInfo()
                .addKeyValue("version", version.number())
                .addKeyValue("by", version.by())
                .addKeyValue("savedAt", version.at())
                .log("a policy is in force");
        for (var provider : kept.inForce().policy().providers().values()) {
            if (!provider.disabled() && provider.lacksCredential()) {
                log.atWarn()
                        .addKeyValue("provider", provider.id())
                        .log("a provider has no apikey; requests go to it without a credential");
            }
        }
    }

    // --- writing

    /** Brings the file up to the policy in force, unless somebody changes it at this moment: that will be the next policy. */
    private CompletionStage<Done> write() {
        var now = kept;
        var before = disk;
        var content = before.content();
        if (content == null || !before.wrong().isEmpty() || content.equals(now.text())) {
            unwritten = null;
            return unconfirmed ? confirm(now) : CompletableFuture.completedFuture(Done.getInstance());
        }
        var last = failed;
        if (last != null && last.isRecent(now, before)) {
            return CompletableFuture.completedFuture(Done.getInstance());
        }
        try {
            if (!file.replace(content, now.text())) {
                return CompletableFuture.completedFuture(Done.getInstance());
            }
        } catch (IOException e) {
            if (unwritten == null) {
                log.atError()
                        .setCause(e)
                        .addKeyValue("version", now.number())
                        .addKeyValue("file", file.path())
                        .log(
                                "the policy in force cannot be written to the file; it holds all the same, and after a restart, too");
            }
            failed = new Failed(now, before, System.nanoTime());
            unwritten =
                    "version " + now.number() + " is in force and cannot be written to " + file.path() + " (" + e + ")";
            return CompletableFuture.completedFuture(Done.getInstance());
        }
        disk = new OnDisk(now.text(), List.of());
        unwritten = null;
        unconfirmed = true;
        return confirm(now);
    }

    /** When the history does not hear of it now, it does with the next look: nobody's saving fails for that. */
    private CompletionStage<Done> confirm(Kept now) {
        return ask(replyTo -> new PolicyHistory.Wrote(now.number(), replyTo)).handle((reply, failure) -> {
            unconfirmed = failure != null;
            return Done.getInstance();
        });
    }

    // --- how

    /** One job after the other, each on a thread that may wait for the disk. */
    private synchronized <T> CompletionStage<T> inTurn(Supplier<CompletionStage<T>> job) {
        if (waiting == MAX_WAITING) {
            return CompletableFuture.failedFuture(
                    new RejectedExecutionException(MAX_WAITING + " changes of the policy wait already"));
        }
        waiting++;
        var turn = lastJob.handleAsync((done, failure) -> Done.getInstance(), executor)
                .thenComposeAsync(_ -> job.get(), executor);
        lastJob = turn.whenComplete((done, failure) -> jobDone());
        return turn;
    }

    private synchronized void jobDone() {
        waiting--;
    }

    private CompletionStage<Reply> ask(Function<ActorRef<Reply>, PolicyHistory.Command> command) {
        return AskPattern.ask(
                history,
                replyTo -> new ShardingEnvelope<>(PolicyHistory.ID, command.apply(replyTo)),
                ASK_TIMEOUT,
                system.scheduler());
    }

    private static String sentences(List<Finding> findings) {
        return String.join(
                "; ",
                findings.stream()
                        .filter(it -> it.severity() == Finding.Severity.ERROR)
                        .map(Finding::message)
                        .toList());
    }

    /** {@code :12:5: what is wrong}, to follow the name of a file. */
    private static String sentence(Finding finding) {
        return (finding.line() == 0 ? "" : ":" + finding.line() + ":" + finding.column()) + ": " + finding.message();
    }
}
