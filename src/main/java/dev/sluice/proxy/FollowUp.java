package dev.sluice.proxy;

import dev.sluice.access.Permit;
import dev.sluice.config.ProviderRule.AuthMode;
import dev.sluice.gate.Call;
import dev.sluice.metric.Metrics;
import dev.sluice.policy.InForce;
import dev.sluice.provider.Providers;
import dev.sluice.provider.UpstreamFailure;
import dev.sluice.routing.Upstream;
import dev.sluice.session.Exchange.Outcome;
import dev.sluice.session.Sessions;
import dev.sluice.session.Sessions.Origin;
import dev.sluice.wire.AnswerHead;
import dev.sluice.wire.AnswerReader;
import dev.sluice.wire.ContentCoding;
import dev.sluice.wire.Framing;
import dev.sluice.wire.Operation;
import dev.sluice.wire.WireError;
import dev.sluice.wire.WireFormat;
import io.prometheus.metrics.core.metrics.Counter;
import java.util.Optional;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.http.javadsl.model.HttpEntities;
import org.apache.pekko.http.javadsl.model.HttpEntity;
import org.apache.pekko.http.javadsl.model.HttpHeader;
import org.apache.pekko.http.javadsl.model.HttpRequest;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.http.javadsl.model.ResponseEntity;
import org.apache.pekko.http.javadsl.model.headers.RawHeader;
import org.apache.pekko.stream.Materializer;
import org.apache.pekko.stream.SystemMaterializer;
import org.apache.pekko.stream.javadsl.Sink;
import org.apache.pekko.util.ByteString;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What is done with a response that was made before: it is fetched, once more as a stream if its client lost that, stopped or
 * deleted, or its input is listed.
 *
 * <p>It goes to the provider that made the response, and only for the caller who had it made, who must still be granted that
 * provider's model. To everybody else there is no such response: 404, as for one that there never was.
 *
 * <p>It is never charged and is no exchange of the session, since the making was both; a client that waits for a response in the
 * background asks every second. One line of the log tells of each. Whatever it shows of a response in the {@link Background} settles that.
 */
final class FollowUp {
    private static final Logger log = LoggerFactory.getLogger(FollowUp.class);

    private final Providers providers;
    private final Sessions sessions;
    private final Passing passing;
    private final Background background;
    private final RequestIds ids;
    private final Metrics metrics;
    private final Counter ended;
    private final Materializer materializer;

    FollowUp(
            ActorSystem<?> system,
            Providers providers,
            Sessions sessions,
            Passing passing,
            Background background,
            RequestIds ids) {
        this.providers = providers;
        this.sessions = sessions;
        this.passing = passing;
        this.background = background;
        this.ids = ids;
        this.metrics = Metrics.get(system);
        this.ended = metrics.counter(
                "sluice_follow_ups",
                "Requests about responses that were made before; they are free, and no exchanges.",
                "outcome");
        this.materializer = SystemMaterializer.get(system).materializer();
    }

    /** One follow-up on its way. */
    private record Asking(
            Call call,
            WireFormat format,
            Operation operation,
            String requestId,
            String responseId,
            long startedNanos) {}

    CompletionStage<HttpResponse> handle(Call call, WireFormat format, Operation operation) {
        var asking = new Asking(call, format, operation, ids.next(), call.parameter("id"), System.nanoTime());
        // None of these has a body that says anything.
        if (!call.request().entity().isStrict()) {
            call.request().discardEntityBytes(materializer);
        }
        return sessions.origin(call.caller(), asking.responseId())
                .toCompletableFuture()
                .thenCompose(origin -> send(asking, origin))
                .exceptionally(failure -> refuse(asking, failure));
    }

    private CompletionStage<HttpResponse> send(Asking asking, Optional<Origin> origin) {
        var rules = asking.call().rules();
        var upstream = origin.flatMap(made -> upstream(rules, asking.format(), made))
                .orElseThrow(() -> new Refused(new Refusal.NoSuchResponse(asking.responseId())));
        var permit = rules.access()
                .permit(asking.call().caller(), upstream.provider().id(), upstream.model())
                .orElseThrow(() -> new Refused(new Refusal.NoSuchResponse(asking.responseId())));
        return providers
                .send(upstream.provider(), outgoing(asking.call().request(), upstream, permit))
                .handle((answer, failure) -> {
                    if (failure != null) {
                        throw new Refused(refusal(failure, upstream));
                    }
                    return passOn(asking, upstream, answer);
                });
    }

    /** The provider that made it, while it still offers the model and speaks the format. */
    private static Optional<Upstream> upstream(InForce rules, WireFormat format, Origin made) {
        return rules.router().upstreams(made.provider() + "/" + made.model()).stream()
                .filter(each -> each.provider().id().equals(made.provider())
                        && each.model().equals(made.model())
                        && format.isSpokenBy(each.provider().compatibility()))
                .findFirst();
    }

    private HttpRequest outgoing(HttpRequest incoming, Upstream upstream, Permit permit) {
        var headers = passing.upstream(incoming, true);
        Passing.set(headers, permit.addHeaders());
        var uri = incoming.getUri();
        var outgoing = incoming.withUri(Passing.target(uri, uri.path()))
                .withHeaders(headers)
                .withEntity(HttpEntities.EMPTY);
        return upstream.provider().authMode() == AuthMode.PASSTHROUGH
                ? passing.withCredential(outgoing, incoming)
                : outgoing;
    }

    private HttpResponse passOn(Asking asking, Upstream upstream, HttpResponse answer) {
        var status = answer.status().intValue();
        var framing = Framing.of(answer.entity().getContentType().toString());
        var reader = ContentCoding.wrap(
                header(answer, "content-encoding"),
                asking.format()
                        .reader(new AnswerHead(
                                asking.operation(), framing, false, upstream.model(), name -> header(answer, name))));
        var events = framing != Framing.DOCUMENT && status < 300;
        var watch = new Watch(asking, upstream, status, framing, reader);
        var headers = passing.downstream(answer);
        headers.add(RawHeader.create("x-sluice-request-id", asking.requestId()));
        if (events) {
            headers.add(RawHeader.create("x-accel-buffering", "no"));
        }
        asking.call().request().getAttribute(Providers.ABANDONED).ifPresent(gone -> watch.cancelOnce(gone, answer));
        return HttpResponse.create()
                .withStatus(answer.status())
                .withHeaders(headers)
                .withEntity(watched(answer.entity(), reader, events, watch));
    }

    private static @Nullable String header(HttpResponse answer, String name) {
        return answer.getHeader(name).map(HttpHeader::value).orElse(null);
    }

    private static ResponseEntity watched(ResponseEntity entity, AnswerReader reader, boolean events, Watch watch) {
        var type = entity.getContentType();
        if (entity instanceof HttpEntity.Strict strict) {
            watch.begun();
            var sent = reader.read(strict.getData()).concat(reader.end());
            watch.ended(Outcome.COMPLETED, sent.size());
            return HttpEntities.create(type, sent);
        }
        var tapped = entity.getDataBytes().via(new Tap(reader, events, watch));
        var length = entity.getContentLengthOption();
        return length.isPresent()
                ? HttpEntities.create(type, length.getAsLong(), tapped)
                : HttpEntities.createChunked(type, tapped);
    }

    /** Sees an answer to its end. */
    private final class Watch implements Tap.Listener {
        private final Asking asking;
        private final Upstream upstream;
        private final int status;
        private final Framing framing;
        private final AnswerReader reader;
        private final AtomicBoolean read = new AtomicBoolean();

        Watch(Asking asking, Upstream upstream, int status, Framing framing, AnswerReader reader) {
            this.asking = asking;
            this.upstream = upstream;
            this.status = status;
            this.framing = framing;
            this.reader = reader;
        }

        @Override
        public boolean begun() {
            return read.compareAndSet(false, true);
        }

        @Override
        public void firstByte() {}

        /** The client has gone before it began to read. */
        void cancelOnce(CompletionStage<?> gone, HttpResponse answer) {
            var _ = gone.whenComplete((done, failure) -> {
                if (begun()) {
                    answer.entity().getDataBytes().runWith(Sink.cancelled(), materializer);
                    ended(Outcome.CLIENT_CANCELLED, 0);
                }
            });
        }

        @Override
        public void ended(Outcome outcome, long bytes) {
            if (status < 300) {
                background.seen(asking.call().caller().login(), asking.responseId(), reader.answer());
            }
            ended.labelValues(Metrics.word(outcome.name())).inc();
            log.atInfo()
                    .addKeyValue("requestId", asking.requestId())
                    .addKeyValue("caller", asking.call().caller().login())
                    .addKeyValue("model", upstream.provider().id() + "/" + upstream.model())
                    .addKeyValue("method", asking.operation().method())
                    .addKeyValue("path", asking.operation().path())
                    .addKeyValue("status", status)
                    .addKeyValue("outcome", outcome)
                    .addKeyValue("bytes", bytes)
                    .addKeyValue("millis", millis(asking))
                    .log("follow-up");
        }

        @Override
        public ByteString errorEvent(Throwable cause) {
            var message = "the provider's answer broke off: " + cause.getMessage();
            return asking.format().errorEvent(framing, new WireError(WireError.Kind.UPSTREAM_TRUNCATED, 502, message));
        }
    }

    private static long millis(Asking asking) {
        return (System.nanoTime() - asking.startedNanos()) / 1_000_000;
    }

    private HttpResponse refuse(Asking asking, Throwable failure) {
        var refusal = unwrapped(failure) instanceof Refused refused ? refused.refusal : bug(asking, failure);
        ended.labelValues(Metrics.word(Outcome.REFUSED.name())).inc();
        metrics.refused(refusal.kind());
        log.atWarn()
                .addKeyValue("requestId", asking.requestId())
                .addKeyValue("caller", asking.call().caller().login())
                .addKeyValue("path", asking.operation().path())
                .addKeyValue("refusal", refusal.kind())
                .log("refused");
        return RequestPath.render(asking.format(), asking.operation(), asking.call(), refusal)
                .addHeader(RawHeader.create("x-sluice-request-id", asking.requestId()));
    }

    private static Refusal bug(Asking asking, Throwable failure) {
        log.atError()
                .addKeyValue("requestId", asking.requestId())
                .setCause(failure)
                .log("a request failed");
        return new Refusal.Bug(asking.requestId());
    }

    private static Refusal refusal(Throwable failure, Upstream upstream) {
        return unwrapped(failure) instanceof UpstreamFailure known
                ? Refusal.of(known, upstream.provider().id())
                : new Refusal.ProviderUnreachable(upstream.provider().id(), String.valueOf(failure.getMessage()));
    }

    private static Throwable unwrapped(Throwable failure) {
        return failure instanceof CompletionException wrapped && wrapped.getCause() != null
                ? wrapped.getCause()
                : failure;
    }
}
