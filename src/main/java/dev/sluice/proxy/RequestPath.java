package dev.sluice.proxy;

import dev.sluice.capture.Captures;
import dev.sluice.capture.Transcripts;
import dev.sluice.config.Settings;
import dev.sluice.gate.Call;
import dev.sluice.hook.Hooks;
import dev.sluice.metric.Metrics;
import dev.sluice.net.Loop;
import dev.sluice.provider.Providers;
import dev.sluice.provider.UpstreamFailure;
import dev.sluice.quota.Quota;
import dev.sluice.session.Exchange.Outcome;
import dev.sluice.session.Sessions;
import dev.sluice.trace.Traces;
import dev.sluice.wire.AnswerHead;
import dev.sluice.wire.AnswerReader;
import dev.sluice.wire.Asked;
import dev.sluice.wire.BadRequest;
import dev.sluice.wire.ContentCoding;
import dev.sluice.wire.Framing;
import dev.sluice.wire.Operation;
import dev.sluice.wire.RequestBodies;
import dev.sluice.wire.WireError;
import dev.sluice.wire.WireFormat;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.random.RandomGenerator;
import org.apache.pekko.Done;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.http.javadsl.model.ContentType;
import org.apache.pekko.http.javadsl.model.ContentTypes;
import org.apache.pekko.http.javadsl.model.HttpEntities;
import org.apache.pekko.http.javadsl.model.HttpEntity;
import org.apache.pekko.http.javadsl.model.HttpHeader;
import org.apache.pekko.http.javadsl.model.HttpMessage;
import org.apache.pekko.http.javadsl.model.HttpRequest;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.http.javadsl.model.ResponseEntity;
import org.apache.pekko.http.javadsl.model.StatusCode;
import org.apache.pekko.http.javadsl.model.StatusCodes;
import org.apache.pekko.http.javadsl.model.headers.RawHeader;
import org.apache.pekko.stream.Materializer;
import org.apache.pekko.stream.SystemMaterializer;
import org.apache.pekko.stream.javadsl.Sink;
import org.apache.pekko.util.ByteString;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The life of a request, from the body to the answer, on its connection's loop from end to end: what other rooms answer later comes back to it.
 * Everything that can go wrong before the answer's first byte becomes a
 * {@link Refusal} in the client's format; nothing fails.
 */
public final class RequestPath {
    private static final Logger log = LoggerFactory.getLogger(RequestPath.class);

    private final Settings settings;
    private final Sessions sessions;
    private final Attempts attempts;
    private final Books books;
    private final BodyBudget budget;
    private final Transcripts transcripts;
    private final Traces traces;
    private final Passing passing;
    private final RequestIds ids;
    private final InstantSource clock;
    private final Materializer materializer;

    RequestPath(
            ActorSystem<?> system,
            Settings settings,
            Providers providers,
            Quota quota,
            Sessions sessions,
            Captures captures,
            Hooks hooks,
            Background background,
            Passing passing,
            RequestIds ids,
            InstantSource clock,
            RandomGenerator random) {
        this.settings = settings;
        this.sessions = sessions;
        var metrics = new RequestMetrics(Metrics.get(system));
        this.books = new Books(sessions, captures, hooks, background, metrics);
        this.budget = new BodyBudget(settings.limits().requestBodiesInFlight());
        this.transcripts = new Transcripts(settings.limits().transcripts());
        metrics.watch(books, transcripts);
        this.traces = Traces.get(system);
        this.passing = passing;
        this.ids = ids;
        this.clock = clock;
        this.materializer = SystemMaterializer.get(system).materializer();
        this.attempts = new Attempts(
                providers,
                new Till(quota, settings.estimates()),
                new Outgoing(passing),
                new Screening(hooks, transcripts, settings.limits().requestBody()),
                settings.retries(),
                clock,
                random,
                system.classicSystem(),
                materializer);
    }

    /** The caller is identified and has a role; the gate saw to it. */
    CompletionStage<HttpResponse> handle(Call call, WireFormat format, Operation operation) {
        var request = new Underway(books, call, format, operation, ids.next(), clock.instant());
        request.traced(RequestTrace.begin(traces, call, operation));
        var abandoned = call.request().getAttribute(Providers.ABANDONED);
        return collect(call.request())
                .thenCompose(body -> forward(request, body).whenComplete((answer, failure) -> body.free()))
                .exceptionally(failure -> refuse(request, failure))
                .thenApply(answer -> {
                    abandoned.ifPresent(gone -> onceGone(gone, request, answer));
                    return answer;
                });
    }

    private CompletableFuture<HttpResponse> forward(Underway request, Body body) {
        var plain = read(request, body);
        var candidates = Candidate.of(request);
        request.routed(candidates.getFirst().upstream());
        if (wantsTranscript(request, candidates)) {
            request.transcribed(transcripts.begin(request.call().request(), plain));
        }
        return name(request)
                .thenCompose(session -> ranked(session, candidates))
                .thenCompose(ranked -> attempts.answer(request, ranked, body, plain))
                .thenApply(answer -> passOn(request, answer));
    }

    /** Whether anybody will look at what was said. */
    private static boolean wantsTranscript(Underway request, List<Candidate> candidates) {
        if (request.rules.policy().database().keepsCaptures()) {
            return true;
        }
        for (var candidate : candidates) {
            if (!candidate.permit().hooks().isEmpty()) {
                return true;
            }
        }
        return false;
    }

    // The body, and what it says.

    private CompletableFuture<Body> collect(HttpRequest request) {
        var collected = new CompletableFuture<Body>();
        var limit = settings.limits().requestBody();
        if (request.entity() instanceof HttpEntity.Strict strict) {
            var bytes = strict.getData();
            if (bytes.size() > limit) {
                collected.completeExceptionally(new Refused(new Refusal.TooLarge(limit)));
            } else if (!budget.take(bytes.size())) {
                collected.completeExceptionally(
                        new Refused(new Refusal.Overloaded("too many request bodies at one time")));
            } else {
                collected.complete(new Body(bytes.toArrayUnsafe(), budget));
            }
            return collected;
        }
        var declared = request.entity().getContentLengthOption().orElse(0);
        if (declared > limit && request.getHeader("expect").isPresent()) {
            // Asks before it sends: not reading is the no.
            collected.completeExceptionally(new Refused(new Refusal.TooLarge(limit)));
            return collected;
        }
        var patience = settings.clocks().requestBody();
        request.entity()
                .withoutSizeLimit()
                .getDataBytes()
                .to(Sink.fromGraph(new BodyCollector(limit, declared, patience, budget, collected)))
                .addAttributes(Loop.attributesHere())
                .run(materializer);
        return collected;
    }

    /** Reads the head; answers the body without its content coding. */
    private byte[] read(Underway request, Body body) {
        try {
            var message = request.call().request();
            var coding = header(message, "content-encoding");
            var plain = RequestBodies.decode(
                    body.bytes, coding, (int) settings.limits().requestBody());
            request.read(
                    request.format.readHead(new Asked(
                            request.operation,
                            request.call().parameters(),
                            plain,
                            message.entity().getContentType().toString(),
                            name -> header(message, name))),
                    body.bytes.length);
            return plain;
        } catch (BadRequest e) {
            throw new Refused(new Refusal.BadBody(e.getMessage()));
        }
    }

    private CompletableFuture<String> name(Underway request) {
        return Loop.returning(sessions.name(
                        request.call().caller(),
                        request.format.sessionPrefix(),
                        request.head().hints()))
                .thenApply(name -> {
                    request.named(name);
                    return name;
                });
    }

    /** A conversation stays with the provider that it began with, where there is a choice. */
    private CompletableFuture<List<Candidate>> ranked(String session, List<Candidate> candidates) {
        return candidates.size() == 1
                ? CompletableFuture.completedFuture(candidates)
                : Loop.returning(sessions.home(
                                session, candidates.getFirst().upstream().model()))
                        .thenApply(home -> Candidate.homeFirst(candidates, home));
    }

    // There and back.

    private void cancel(HttpResponse answer) {
        answer.entity()
                .getDataBytes()
                .to(Sink.cancelled())
                .addAttributes(Loop.attributesHere())
                .run(materializer);
    }

    private static @Nullable String header(HttpMessage message, String name) {
        return message.getHeader(name).map(HttpHeader::value).orElse(null);
    }

    private HttpResponse passOn(Underway request, HttpResponse answer) {
        var status = answer.status().intValue();
        var type = answer.entity().getContentType();
        var framing = Framing.of(type.toString());
        var head = request.head();
        var coding = header(answer, "content-encoding");
        var hide = framing == Framing.SSE
                && ContentCoding.isPlain(coding)
                && head.usageSplice() != null
                && !head.usageAsked();
        var reader = ContentCoding.wrap(
                coding,
                request.format.reader(new AnswerHead(
                        request.operation, framing, hide, request.upstream().model(), name -> header(answer, name))));
        request.answered(answer, framing, reader);
        // Told by the request where a stream of this format may come as a document.
        var events = framing != Framing.DOCUMENT
                || (request.operation.streaming() == Operation.Streaming.ALWAYS && status < 300);
        var headers = passing.downstream(answer);
        headers.add(RawHeader.create("x-sluice-request-id", request.requestId()));
        headers.add(RawHeader.create("x-sluice-model", request.upstream().name()));
        if (events) {
            // Whatever stands between us and the client must not collect events.
            headers.add(RawHeader.create("x-accel-buffering", "no"));
        }
        // A stream that nobody here can read cannot be told to be incomplete.
        var watched = events && status < 300 && ContentCoding.isRead(coding);
        var entity = answer.entity() instanceof HttpEntity.Strict strict && !events
                ? whole(request, reader, type, strict.getData())
                : streamed(request, reader, watched, hide, answer.entity());
        return HttpResponse.create()
                .withStatus(answer.status())
                .withHeaders(headers)
                .withEntity(entity);
    }

    private static ResponseEntity whole(Underway request, AnswerReader reader, ContentType type, ByteString bytes) {
        request.begun();
        request.firstByte();
        request.read(bytes);
        var sent = reader.read(bytes).concat(reader.end());
        request.ended(reader.answer().error() == null ? Outcome.COMPLETED : Outcome.UPSTREAM_ERROR, sent.size());
        return HttpEntities.create(type, sent);
    }

    /** What may be hidden of an answer, or added to it, makes another length of it. */
    private static ResponseEntity streamed(
            Underway request, AnswerReader reader, boolean events, boolean hide, ResponseEntity entity) {
        var tapped = entity.getDataBytes().via(new Tap(reader, events, request));
        var length = entity.getContentLengthOption();
        return length.isPresent() && !events && !hide
                ? HttpEntities.create(entity.getContentType(), length.getAsLong(), tapped)
                : HttpEntities.createChunked(entity.getContentType(), tapped);
    }

    /** The client has gone: an answer that nobody has begun to read is given up, and its request closed. */
    private void onceGone(CompletionStage<?> gone, Underway request, HttpResponse answer) {
        var _ = gone.whenComplete((done, failure) -> {
            if (request.abandoned()) {
                cancel(answer);
            }
        });
    }

    // The noes.

    private HttpResponse refuse(Underway request, Throwable failure) {
        var refusal = refusal(request, unwrapped(failure));
        if (refusal instanceof Refusal.Abandoned) {
            request.abandoned();
        }
        request.refused(refusal);
        if (refusal instanceof Refusal.QuotaExhausted exhausted) {
            log.atWarn()
                    .addKeyValue("detail", exhausted.message())
                    .addKeyValue("login_name", request.call().caller().login())
                    .addKeyValue("model", request.upstream().name())
                    .log("quota exceeded");
        }
        if (refusal instanceof Refusal.ProviderUnreachable || refusal instanceof Refusal.ProviderTimeout) {
            // The request's own line says that; this one says why, for whoever has to mend it.
            log.atWarn()
                    .addKeyValue("requestId", request.requestId())
                    .addKeyValue("detail", refusal.error().message())
                    .log("a provider gave no answer");
        }
        return render(request.format, request.operation, request.call(), refusal)
                .addHeader(RawHeader.create("x-sluice-request-id", request.requestId()));
    }

    private static Throwable unwrapped(Throwable failure) {
        return failure instanceof CompletionException wrapped && wrapped.getCause() != null
                ? wrapped.getCause()
                : failure;
    }

    private static Refusal refusal(Underway request, Throwable failure) {
        return switch (failure) {
            case Refused refused -> refused.refusal;
            case UpstreamFailure upstream ->
                Refusal.of(upstream, request.upstream().provider().id());
            default -> {
                log.atError()
                        .addKeyValue("requestId", request.requestId())
                        .setCause(failure)
                        .log("a request failed");
                yield new Refusal.Bug(request.requestId());
            }
        };
    }

    static HttpResponse render(WireFormat format, Operation operation, Call call, Refusal refusal) {
        var wait = refusal.retryAfter();
        var error = refusal.error().retryingAfter(wait);
        var query = call.request().getUri().rawQueryString().orElse("");
        var response = render(format, error, format.errorBody(operation, query, error));
        return wait == null
                ? response
                : response.addHeader(RawHeader.create("retry-after", Long.toString(Math.max(1, ceilSeconds(wait)))));
    }

    static HttpResponse render(WireFormat format, Operation operation, WireError error) {
        return render(format, error, format.errorBody(operation, error));
    }

    private static HttpResponse render(WireFormat format, WireError error, ByteString body) {
        var response = HttpResponse.create()
                .withStatus(status(error.status()))
                .withEntity(HttpEntities.create(ContentTypes.APPLICATION_JSON, body));
        for (var header : format.errorHeaders(error).entrySet()) {
            response = response.addHeader(RawHeader.create(header.getKey(), header.getValue()));
        }
        return response;
    }

    /** Pekko knows the registered codes only; 499, which nobody is left to read, is none of them. */
    private static StatusCode status(int status) {
        return StatusCodes.lookup(status).orElseGet(() -> StatusCodes.custom(status, "", "", false, true));
    }

    private static long ceilSeconds(Duration wait) {
        return wait.plusMillis(999).toSeconds();
    }

    /** Completes when every answer that has ended is in the books. */
    CompletionStage<Done> balanced() {
        return books.balanced();
    }
}
