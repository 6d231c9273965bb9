package dev.sluice.proxy;

import dev.sluice.config.Settings;
import dev.sluice.net.Loop;
import dev.sluice.provider.Providers;
import dev.sluice.provider.UpstreamFailure;
import dev.sluice.proxy.Till.Held;
import dev.sluice.session.Exchange;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.random.RandomGenerator;
import org.apache.pekko.Done;
import org.apache.pekko.actor.ActorSystem;
import org.apache.pekko.http.javadsl.model.HttpRequest;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.pattern.Patterns;
import org.apache.pekko.stream.Materializer;
import org.apache.pekko.stream.javadsl.Sink;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Asks one candidate after the other until one answers. All of it happens before the first byte of an answer: what has begun is never
 * repeated.
 *
 * <p>After a failure the next candidate is asked, else the same provider again after a pause; one that was silent is not asked twice. What is
 * left in the end, an answer of any status or a failure, is what the client gets. Only that is charged.
 */
final class Attempts {
    private static final Logger log = LoggerFactory.getLogger(Attempts.class);

    /** An answer that is not passed on is read so far, for the sake of its connection; a longer one costs the connection. */
    private static final long MAX_DISCARDED_BYTES = 64 * 1024;

    /** A journal that failed is mostly back by then. */
    private static final Duration UNRECORDED_RETRY_AFTER = Duration.ofSeconds(1);

    /** What was given back is free for the next attempt before the journal says so; a journal that is away must not hold it up. */
    private static final Duration GIVEN_BACK = Duration.ofSeconds(1);

    private final Providers providers;
    private final Till till;
    private final Outgoing outgoing;
    private final Screening screening;
    private final Settings.Retries retries;
    private final InstantSource clock;
    private final RandomGenerator random;
    private final ActorSystem system;
    private final Materializer materializer;

    Attempts(
            Providers providers,
            Till till,
            Outgoing outgoing,
            Screening screening,
            Settings.Retries retries,
            InstantSource clock,
            RandomGenerator random,
            ActorSystem system,
            Materializer materializer) {
        this.providers = providers;
        this.till = till;
        this.outgoing = outgoing;
        this.screening = screening;
        this.retries = retries;
        this.clock = clock;
        this.random = random;
        this.system = system;
        this.materializer = materializer;
    }

    /**
     * The answer to pass on, once the journal holds what it may cost; or the failure to refuse the request with.
     *
     * @param candidates best first; one at least
     * @param plain      the body without its content coding
     */
    CompletableFuture<HttpResponse> answer(Underway request, List<Candidate> candidates, Body body, byte[] plain) {
        var course = new Course(request, candidates, body, plain);
        return course.begin().whenComplete((answer, failure) -> course.over());
    }

    /** Of one attempt: one of the two. */
    private record Result(
            @Nullable HttpResponse answer, @Nullable Throwable failure) {}

    /** What one request has been through so far. Its stages follow one another, whatever their threads. */
    private final class Course {
        private final Underway request;
        private final List<Candidate> fresh;
        private Body body;
        private byte[] plain;
        private boolean ours;
        private Screening.@Nullable Course screened;
        private final List<Exchange.Attempt> made = new ArrayList<>(0);
        private @Nullable Held held;

        Course(Underway request, List<Candidate> candidates, Body body, byte[] plain) {
            this.request = request;
            this.fresh = new ArrayList<>(candidates);
            this.body = body;
            this.plain = plain;
        }

        /** The first that is well, or, if none is, the first: nobody is refused because of what happened to others. */
        CompletableFuture<HttpResponse> begin() {
            return ask(next().orElseGet(fresh::removeFirst));
        }

        /** Nothing more is sent. */
        void over() {
            if (ours) {
                body.free();
            }
        }

        private Optional<Candidate> next() {
            for (var candidate : fresh) {
                if (providers.takes(candidate.upstream().provider())) {
                    fresh.remove(candidate);
                    return Optional.of(candidate);
                }
            }
            return Optional.empty();
        }

        private CompletableFuture<HttpResponse> ask(Candidate candidate) {
            request.routed(candidate.upstream());
            request.permitted(candidate.permit());
            return money(candidate)
                    .thenCompose(money -> candidate.permit().hooks().isEmpty()
                            ? send(candidate, money)
                            : screened(candidate, money).thenCompose(enough -> send(candidate, enough)));
        }

        /** Once guardrails have let it pass; what they have made of it may cost more. */
        private CompletableFuture<Held> screened(Candidate candidate, Held money) {
            var course = screened == null ? screening.of(request) : screened;
            screened = course;
            return course.ask(candidate.permit(), plain).thenCompose(instead -> {
                if (instead.isEmpty()) {
                    return CompletableFuture.completedFuture(money);
                }
                replace(instead.get());
                return money(candidate);
            });
        }

        private void replace(byte[] instead) {
            var replacement = body.replacedBy(instead);
            if (replacement == null) {
                throw new Refused(new Refusal.Overloaded("too many request bodies at one time"));
            }
            // Its owner frees the one that came; this one is ours.
            if (ours) {
                body.free();
            }
            ours = true;
            body = replacement;
            plain = instead;
        }

        private CompletableFuture<Held> money(Candidate candidate) {
            var before = held;
            if (before == null) {
                return reserve(candidate);
            }
            if (before.covers(candidate.permit(), till.worstCase(request))) {
                return CompletableFuture.completedFuture(before);
            }
            // Under an id of its own: buckets take each id once.
            var givenBack = request.givenBack()
                    .toCompletableFuture()
                    .completeOnTimeout(Done.getInstance(), GIVEN_BACK.toMillis(), TimeUnit.MILLISECONDS);
            return Loop.returning(givenBack).thenCompose(done -> {
                request.renumber(made.size() + 1);
                return reserve(candidate);
            });
        }

        private CompletableFuture<Held> reserve(Candidate candidate) {
            return till.reserve(request, candidate.permit()).thenApply(money -> {
                if (!request.reserved(money.reservation(), money.buckets())) {
                    throw new Refused(new Refusal.Abandoned());
                }
                held = money;
                return money;
            });
        }

        private CompletableFuture<HttpResponse> send(Candidate candidate, Held money) {
            if (isGone(request.call().request())) {
                throw new Refused(new Refusal.Abandoned());
            }
            request.sent(true);
            var began = System.nanoTime();
            return providers
                    .send(candidate.upstream().provider(), outgoing.request(request, candidate.permit(), body, plain))
                    .toCompletableFuture()
                    .handle((answer, failure) -> new Result(answer, unwrapped(failure)))
                    .thenCompose(result -> judge(candidate, money, began, result.answer(), result.failure()));
        }

        private CompletableFuture<HttpResponse> judge(
                Candidate candidate,
                Held money,
                long began,
                @Nullable HttpResponse answer,
                @Nullable Throwable failure) {
            var setback = answer != null
                    ? Setback.of(answer, clock.instant())
                    : failure instanceof UpstreamFailure upstream ? Setback.of(upstream) : Optional.<Setback>empty();
            var attempt = attempt(candidate, began, answer, failure);
            if (answer != null && made.size() < retries.more() && wantsAnotherKey(candidate, answer)) {
                return again(candidate, Duration.ZERO, attempt, answer, failure);
            }
            if (setback.isEmpty() || made.size() >= retries.more()) {
                return end(money, attempt, answer, failure);
            }
            var other = next();
            if (other.isPresent()) {
                return again(other.get(), Duration.ZERO, attempt, answer, failure);
            }
            var pause = pause(setback.get());
            return setback.get().mayAskAgain() && pause.compareTo(retries.longestWait()) <= 0
                    ? again(candidate, pause, attempt, answer, failure)
                    : end(money, attempt, answer, failure);
        }

        /** What one key was refused is nothing to the others, and nothing to wait for. */
        private boolean wantsAnotherKey(Candidate candidate, HttpResponse answer) {
            var status = answer.status().intValue();
            return (status == 401 || status == 402 || status == 403 || status == 429)
                    && providers.hasAnotherKey(candidate.upstream().provider());
        }

        private Duration pause(Setback setback) {
            var wait = setback.retryAfter();
            if (wait != null) {
                return wait;
            }
            // Half to one and a half times as long, twice as long every time: who failed together comes back apart.
            var factor = (0.5 + random.nextDouble()) * (1L << made.size());
            return Duration.ofNanos((long) (retries.pause().toNanos() * factor));
        }

        private CompletableFuture<HttpResponse> again(
                Candidate candidate,
                Duration pause,
                Exchange.Attempt failed,
                @Nullable HttpResponse answer,
                @Nullable Throwable failure) {
            made.add(failed);
            request.attempted(made);
            request.sent(false);
            var trace = request.trace();
            if (trace != null) {
                trace.failed(failed);
            }
            log.atInfo()
                    .addKeyValue("requestId", request.requestId())
                    .addKeyValue("failed", failed.provider() + "/" + failed.model())
                    .addKeyValue("status", failed.status())
                    .addKeyValue("failure", failed.failure())
                    .addKeyValue("detail", failure == null ? null : failure.getMessage())
                    .addKeyValue("next", candidate.upstream().name())
                    .addKeyValue("pauseMillis", pause.toMillis())
                    .log("another attempt");
            if (answer != null) {
                answer.entity().withSizeLimit(MAX_DISCARDED_BYTES).discardBytes(materializer);
            }
            if (pause.isZero()) {
                return ask(candidate);
            }
            return Loop.returning(
                            Patterns.after(pause, system, () -> CompletableFuture.completedFuture(Done.getInstance())))
                    .thenCompose(done -> ask(candidate));
        }

        private CompletableFuture<HttpResponse> end(
                Held money, Exchange.Attempt last, @Nullable HttpResponse answer, @Nullable Throwable failure) {
            if (!made.isEmpty()) {
                made.add(last);
                request.attempted(made);
            }
            if (answer == null) {
                return CompletableFuture.failedFuture(
                        failure == null ? new IllegalStateException("neither answer nor failure") : failure);
            }
            return Loop.returning(money.reservation().recorded()).handle((recorded, unrecorded) -> {
                if (unrecorded != null) {
                    // Nothing is answered before the journal holds what it may cost: a crash would lose it.
                    answer.entity()
                            .getDataBytes()
                            .to(Sink.cancelled())
                            .addAttributes(Loop.attributesHere())
                            .run(materializer);
                    throw new Refused(new Refusal.QuotaUnavailable(
                            "the reservation was not recorded: " + unrecorded.getMessage(), UNRECORDED_RETRY_AFTER));
                }
                return answer;
            });
        }

        private Exchange.Attempt attempt(
                Candidate candidate, long began, @Nullable HttpResponse answer, @Nullable Throwable failure) {
            var millis = (System.nanoTime() - began) / 1_000_000;
            var upstream = candidate.upstream();
            return new Exchange.Attempt(
                    upstream.provider().id(),
                    upstream.model(),
                    answer == null ? 0 : answer.status().intValue(),
                    failure instanceof UpstreamFailure known ? known.kind().name() : null,
                    millis);
        }
    }

    private static @Nullable Throwable unwrapped(@Nullable Throwable failure) {
        return failure instanceof CompletionException wrapped && wrapped.getCause() != null
                ? wrapped.getCause()
                : failure;
    }

    static boolean isGone(HttpRequest request) {
        return request.getAttribute(Providers.ABANDONED)
                .map(gone -> gone.toCompletableFuture().isDone())
                .orElse(false);
    }
}
