package dev.sluice.proxy;

import dev.sluice.access.Permit;
import dev.sluice.capture.Transcript;
import dev.sluice.gate.Call;
import dev.sluice.hook.Hooks;
import dev.sluice.policy.InForce;
import dev.sluice.pricing.PriceBook.Cost;
import dev.sluice.pricing.PriceBook.Terms;
import dev.sluice.quota.Quota;
import dev.sluice.quota.Quota.Reservation;
import dev.sluice.routing.Upstream;
import dev.sluice.session.Exchange;
import dev.sluice.session.Exchange.Outcome;
import dev.sluice.session.RequestMemo;
import dev.sluice.session.Sessions.Origin;
import dev.sluice.wire.Answer;
import dev.sluice.wire.AnswerReader;
import dev.sluice.wire.Framing;
import dev.sluice.wire.Operation;
import dev.sluice.wire.RequestHead;
import dev.sluice.wire.ToolCall;
import dev.sluice.wire.Usage;
import dev.sluice.wire.WireError;
import dev.sluice.wire.WireFormat;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.pekko.Done;
import org.apache.pekko.http.javadsl.model.HttpEntities;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.util.ByteString;
import org.jspecify.annotations.Nullable;

/**
 * One request on its way: what is known of it so far, and the one place where it ends. Whatever happens, it is closed once:
 * its exchange recorded, its cost settled.
 */
final class Underway implements Tap.Listener {
    private static final int CHARS_PER_TOKEN = 4;

    private final Books books;
    private volatile Call call;
    final WireFormat format;
    final Operation operation;
    private final String firstId;
    private final Instant started;
    private final long startedNanos = System.nanoTime();
    private final AtomicBoolean read = new AtomicBoolean();
    private final AtomicBoolean closed = new AtomicBoolean();
    private final AtomicReference<@Nullable Reservation> reservation = new AtomicReference<>();

    /** The policy that the request came under, to its end. */
    final InForce rules;

    // Filled in on the way, each before it is needed and never again: the chain of stages orders the threads.
    private @Nullable RequestHead head;
    private @Nullable Upstream upstream;
    private volatile String requestId;
    private String session = "";
    private List<String> buckets = List.of();
    private @Nullable Permit permit;
    private @Nullable Transcript transcript;
    private boolean rewritten;
    private @Nullable RequestTrace trace;
    private @Nullable AnswerReader reader;
    private Framing framing = Framing.DOCUMENT;
    private boolean streams;
    private int status;
    private volatile boolean sent;
    private volatile @Nullable List<Exchange.Attempt> attempts;
    private long bytesIn;
    private long bytesOut;
    private long worstOutputTokens;
    private Optional<Cost> worstCost = Optional.empty();
    private volatile long firstByteNanos = -1;

    Underway(Books books, Call call, WireFormat format, Operation operation, String requestId, Instant started) {
        this.books = books;
        this.rules = call.rules();
        this.call = call;
        this.format = format;
        this.operation = operation;
        this.firstId = requestId;
        this.requestId = requestId;
        this.started = started;
        books.open();
    }

    Call call() {
        return call;
    }

    void read(RequestHead read, long bytes) {
        head = read;
        bytesIn = bytes;
    }

    void routed(Upstream chosen) {
        upstream = chosen;
    }

    /** What is said from here on is written down. */
    void transcribed(Transcript begun) {
        transcript = begun;
    }

    /** A guardrail has put another body in its place, which is what is said from here on. */
    void rewritten(RequestHead read, Transcript begun) {
        head = read;
        rewritten = true;
        if (transcript != null) {
            transcript.free();
        }
        transcript = begun;
        books.named(session, call.caller().login(), begun, rules);
    }

    boolean isRewritten() {
        return rewritten;
    }

    /** The most that it can come to, as set aside; null when nobody knows. */
    @Nullable
    Cost worstCost() {
        return worstCost.orElse(null);
    }

    String session() {
        return session;
    }

    /** Spans are made of it from here on. */
    void traced(@Nullable RequestTrace begun) {
        trace = begun;
    }

    /** Null where no traces are made. */
    @Nullable
    RequestTrace trace() {
        return trace;
    }

    /** By what the attempt that follows is allowed. */
    void permitted(Permit by) {
        permit = by;
    }

    void named(String name) {
        session = name;
        if (transcript != null) {
            books.named(name, call.caller().login(), transcript, rules);
        }
    }

    /** The most that it can come to; no cost when the price is unknown. */
    void worstCase(long outputTokens, Optional<Cost> cost) {
        worstOutputTokens = outputTokens;
        worstCost = cost;
    }

    /** Money is set aside; false when the request is over already, and the reservation was given back. */
    boolean reserved(Reservation held, List<String> names) {
        buckets = names;
        reservation.set(held);
        if (closed.get()) {
            giveBack();
            return false;
        }
        return true;
    }

    /** Whether a provider may bill for it, as far as is known. */
    void sent(boolean may) {
        sent = may;
    }

    /** What was tried so far; more than once. */
    void attempted(List<Exchange.Attempt> made) {
        attempts = List.copyOf(made);
    }

    String requestId() {
        return requestId;
    }

    /** Money set aside anew is set aside under a new id, which is then the request's. */
    void renumber(int attempt) {
        requestId = firstId + "." + attempt;
    }

    /** What was set aside for an attempt that failed is free again when this completes. */
    CompletionStage<Done> givenBack() {
        var held = reservation.getAndSet(null);
        return held == null ? CompletableFuture.completedFuture(Done.getInstance()) : books.release(held);
    }

    void answered(HttpResponse answer, Framing answerFraming, AnswerReader answerReader) {
        status = answer.status().intValue();
        framing = answerFraming;
        reader = answerReader;
        if (transcript != null) {
            transcript.answered(answer);
            if (permit == null || !Hooks.wantRequest(permit)) {
                transcript.onlyCaptured();
            }
        }
    }

    @Override
    public void read(ByteString answered) {
        if (transcript != null) {
            transcript.add(answered);
        }
    }

    RequestHead head() {
        return java.util.Objects.requireNonNull(head);
    }

    Upstream upstream() {
        return java.util.Objects.requireNonNull(upstream);
    }

    /** What is to be remembered of it if this node dies before it ends. */
    String memo(List<Quota.Bucket> charged) {
        var caller = call.caller();
        var request = call.request();
        return charged.isEmpty()
                ? ""
                : new RequestMemo(
                                session,
                                caller.login(),
                                caller.node(),
                                caller.tags(),
                                upstream().provider().id(),
                                upstream().model(),
                                format.name(),
                                request.method().name(),
                                request.getUri().path(),
                                head().stream(),
                                started,
                                charged.stream().map(Quota.Bucket::name).toList())
                        .text();
    }

    boolean countsTokens() {
        return operation.countsTokens();
    }

    /** The terms of the model asked for, before anything is known of the answer. */
    Terms termsAsked() {
        var chosen = upstream();
        return new Terms(
                chosen.provider(),
                chosen.model(),
                chosen.model(),
                started.atOffset(ZoneOffset.UTC).toLocalDate(),
                head().serviceTier(),
                null,
                null,
                null,
                call.parameters().get("location"));
    }

    private Terms termsAnswered(Answer answer) {
        var asked = termsAsked();
        return new Terms(
                asked.provider(),
                answer.model() == null ? asked.model() : answer.model(),
                asked.askedModel(),
                asked.date(),
                answer.serviceTier() == null ? asked.serviceTier() : answer.serviceTier(),
                answer.speed(),
                answer.inferenceGeo(),
                answer.reportedCostUsd(),
                asked.location());
    }

    @Override
    public boolean begun() {
        var begins = read.compareAndSet(false, true);
        if (begins && framing != Framing.DOCUMENT) {
            streams = true;
            books.streamBegan();
        }
        return begins;
    }

    @Override
    public void firstByte() {
        firstByteNanos = System.nanoTime();
    }

    @Override
    public ByteString errorEvent(Throwable cause) {
        var message = "the provider's answer broke off: " + cause.getMessage();
        return format.errorEvent(framing, new WireError(WireError.Kind.UPSTREAM_TRUNCATED, 502, message));
    }

    @Override
    public void ended(Outcome outcome, long bytes) {
        if (streams) {
            streams = false;
            books.streamEnded();
        }
        if (closed.compareAndSet(false, true)) {
            var answer = reader == null ? null : reader.answer();
            if (answer == null || !isLeftRunning(answer, bytes)) {
                // An error page in a shape that no reader knows is an error still.
                close(
                        outcome == Outcome.COMPLETED && status >= 300 ? Outcome.UPSTREAM_ERROR : outcome,
                        null,
                        answer,
                        bytes);
            }
        }
    }

    /** Whether the provider goes on with the response and this request stays open for it; see {@link Background}. */
    private boolean isLeftRunning(Answer answer, long bytes) {
        var responseId = answer.responseId();
        if (!answer.isUnderWay() || responseId == null || status >= 300) {
            return false;
        }
        bytesOut = bytes;
        // Nobody will read the body again.
        call = new Call(
                call.caller(),
                call.role(),
                rules,
                call.request().withEntity(HttpEntities.EMPTY),
                call.parameters(),
                call.peer());
        var origin = new Origin(session, upstream().provider().id(), upstream().model());
        if (!books.keepOpen(this, responseId, origin)) {
            settledUnseen();
        }
        return true;
    }

    /** The response that was left running has come to its end, as a follow-up shows. */
    void settled(Answer answer) {
        var outcome = answer.error() == null ? Outcome.COMPLETED : Outcome.UPSTREAM_ERROR;
        close(outcome, null, answer, bytesOut);
    }

    /** Nobody will see the end of the response that was left running: it is taken for the worst. */
    void settledUnseen() {
        var answer = reader == null ? null : reader.answer();
        var usage = Usage.ofText(head().promptTokens(), worstOutputTokens);
        record(
                Outcome.COMPLETED,
                null,
                answer,
                bytesOut,
                usage,
                true,
                worstCost,
                worstCost.map(Cost::nanos).orElse(null));
    }

    /** Nobody waits any more; before the answer was read, this ends the request. */
    boolean abandoned() {
        if (!read.compareAndSet(false, true)) {
            return false;
        }
        if (head != null && upstream != null && !session.isEmpty() && closed.compareAndSet(false, true)) {
            close(Outcome.CLIENT_CANCELLED, null, null, 0);
        }
        return true;
    }

    /** A no of ours, or no answer from the provider. */
    void refused(Refusal refusal) {
        read.set(true);
        if (!closed.compareAndSet(false, true)) {
            return;
        }
        status = refusal.error().status();
        if (upstream == null || session.isEmpty() || (refusal instanceof Refusal.QuotaUnavailable && !sent)) {
            // Nothing that could be remembered: neither a model that the caller may use nor a session; or the books are
            // closed, and what is remembered of those who are sent away takes the room of those who were served.
            giveBack();
            if (transcript != null) {
                transcript.free();
            }
            if (trace != null) {
                trace.refused(refusal);
            }
            books.drop(this, refusal);
            return;
        }
        var outcome = refusal instanceof Refusal.ProviderUnreachable || refusal instanceof Refusal.ProviderTimeout
                ? Outcome.UPSTREAM_ERROR
                : Outcome.REFUSED;
        close(outcome, refusal, null, 0);
    }

    private void giveBack() {
        var _ = givenBack();
    }

    private void close(Outcome outcome, @Nullable Refusal refusal, @Nullable Answer answer, long bytesOut) {
        var usage = refusal == null && !countsTokens() ? usage(outcome, answer) : null;
        var estimated = usage != null && (answer == null || !usage.equals(answer.usage()));
        Optional<Cost> cost = usage == null
                ? Optional.empty()
                : rules.prices().cost(answer == null ? termsAsked() : termsAnswered(answer), usage);
        var nanos = usage == null ? Long.valueOf(0) : cost.map(Cost::nanos).orElse(null);
        record(outcome, refusal, answer, bytesOut, usage, estimated, cost, nanos);
    }

    private void record(
            Outcome outcome,
            @Nullable Refusal refusal,
            @Nullable Answer answer,
            long bytesOut,
            @Nullable Usage usage,
            boolean estimated,
            Optional<Cost> cost,
            @Nullable Long nanos) {
        var exchange = exchange(
                outcome,
                refusal,
                answer,
                bytesOut,
                usage,
                estimated,
                nanos,
                cost.map(Cost::basis).orElse(null));
        if (trace != null) {
            trace.ended(exchange);
        }
        var tools = answer == null ? List.<ToolCall>of() : answer.toolCalls();
        books.close(new Ended(exchange, rules, permit, tools, transcript), reservation.getAndSet(null));
    }

    /**
     * What the provider told, if the answer came to its end. Otherwise what was told before it broke off, the output counted
     * from what was seen if that is more; null when nothing was produced.
     */
    private @Nullable Usage usage(Outcome outcome, @Nullable Answer answer) {
        if (answer == null) {
            // The client left before the head: the provider had the prompt, and bills for it.
            return sent && outcome == Outcome.CLIENT_CANCELLED ? Usage.ofText(head().promptTokens(), 0) : null;
        }
        var told = answer.usage();
        if (status >= 300 || (answer.error() != null && told == null && answer.outputChars() == 0)) {
            return told;
        }
        if (told != null && answer.complete()) {
            return told;
        }
        var seen = (answer.outputChars() + CHARS_PER_TOKEN - 1) / CHARS_PER_TOKEN;
        return told == null
                ? Usage.ofText(head().promptTokens(), seen)
                : told.withOutput(Math.max(told.outputTokens(), seen));
    }

    String userAgent() {
        return call.request()
                .getHeader("user-agent")
                .map(header -> header.value())
                .orElse("");
    }

    private Exchange exchange(
            Outcome outcome,
            @Nullable Refusal refusal,
            @Nullable Answer answer,
            long bytesOut,
            @Nullable Usage usage,
            boolean estimated,
            @Nullable Long costNanos,
            @Nullable String basis) {
        var caller = call.caller();
        var request = call.request();
        var finish = answer == null ? null : answer.finishReason();
        return new Exchange(
                requestId,
                session,
                caller.login(),
                caller.node(),
                caller.tags(),
                upstream().provider().id(),
                upstream().model(),
                answer == null ? null : answer.model(),
                format.name(),
                request.getUri().path(),
                request.method().name(),
                status,
                userAgent(),
                head().stream(),
                started,
                firstByteNanos < 0 ? -1 : (firstByteNanos - startedNanos) / 1_000_000,
                (System.nanoTime() - startedNanos) / 1_000_000,
                usage,
                costNanos,
                basis,
                answer == null
                        ? List.of()
                        : answer.toolCalls().stream()
                                .map(tool -> new Exchange.Tool(tool.name(), tool.id()))
                                .toList(),
                finish == null ? null : finish.name().toLowerCase(java.util.Locale.ROOT),
                outcome,
                refusal == null ? null : refusal.kind(),
                estimated,
                bytesIn,
                bytesOut,
                buckets,
                answer == null ? null : answer.responseId(),
                attempts);
    }
}
