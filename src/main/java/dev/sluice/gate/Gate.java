package dev.sluice.gate;

import dev.sluice.access.CrossOrigin;
import dev.sluice.access.Role;
import dev.sluice.audit.Audit;
import dev.sluice.audit.Audit.Running;
import dev.sluice.audit.Notes;
import dev.sluice.gate.PathTable.Found;
import dev.sluice.gate.PathTable.NoSuchPath;
import dev.sluice.gate.PathTable.WrongMethod;
import dev.sluice.identity.Caller;
import dev.sluice.identity.Identified;
import dev.sluice.identity.Identity;
import dev.sluice.identity.UnansweredException;
import dev.sluice.metric.Metrics;
import dev.sluice.net.Loop;
import dev.sluice.policy.InForce;
import dev.sluice.wire.WireError;
import dev.sluice.wire.WireError.Kind;
import java.net.InetSocketAddress;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.http.javadsl.model.HttpMethod;
import org.apache.pekko.http.javadsl.model.HttpRequest;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.http.javadsl.model.headers.Allow;
import org.apache.pekko.http.javadsl.model.headers.RawHeader;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The one way in. Finds a request's endpoint, asks who is calling and what they are, and lets in whoever meets what the
 * endpoint needs; everybody else is answered here. Never fails and never blocks. The credential that proved who calls stays
 * here: no handler, and so no provider, hook or log, gets to see it.
 *
 * <p>A refused request's body is read and thrown away, up to the server's limit, so that the client gets to read the refusal.
 */
public final class Gate {
    private static final Logger log = LoggerFactory.getLogger(Gate.class);

    /** About what it takes until a storage that is back is found. */
    private static final String IDENTIFIED_AGAIN_SECONDS = "3";

    private final List<Endpoint> endpoints;
    private final PathTable table;
    private final Identity identity;
    private final Supplier<InForce> inForce;
    private final Audit audit;
    private final ActorSystem<?> system;
    private final Executor executor;
    private final RandomGenerator random;
    private final Metrics metrics;

    /**
     * @param inForce asked for once a request, because the policy changes while the node runs
     * @param random makes the ids by which a failure is found in the log; safe to share between threads
     * @throws IllegalArgumentException when two endpoints have one method and path
     */
    public Gate(
            List<Endpoint> endpoints,
            Identity identity,
            Supplier<InForce> inForce,
            Audit audit,
            ActorSystem<?> system,
            RandomGenerator random) {
        this.endpoints = List.copyOf(endpoints);
        this.table = new PathTable(endpoints);
        this.identity = identity;
        this.inForce = inForce;
        this.audit = audit;
        this.system = system;
        this.executor = system.executionContext();
        this.random = random;
        this.metrics = Metrics.get(system);
    }

    /** Every way in there is. */
    public List<Endpoint> endpoints() {
        return endpoints;
    }

    public CompletionStage<HttpResponse> handle(InetSocketAddress peer, HttpRequest request) {
        return switch (table.match(request.method(), path(request))) {
            case Found(var endpoint, var parameters) -> enter(endpoint, parameters, peer, request);
            case WrongMethod(var refuser, var allowed) -> refuseMethodOrTell(peer, request, refuser, allowed);
            case NoSuchPath() -> refuse(request, "no_such_path", Refuser.JSON, Kind.NOT_FOUND, 404, "no such path");
        };
    }

    private CompletionStage<HttpResponse> enter(
            Endpoint endpoint, Map<String, String> parameters, InetSocketAddress peer, HttpRequest request) {
        if (endpoint.needs() == Needs.NOTHING) {
            return handle(endpoint, new Call(Call.ANYONE, Role.NONE, inForce.get(), request, parameters, peer));
        }
        CompletableFuture<Optional<Identified>> caller;
        try {
            caller = identity.identify(peer, request).toCompletableFuture();
        } catch (RuntimeException e) {
            return failed(endpoint, request, e);
        }
        // Mostly known at once; then nothing changes threads.
        if (caller.state() == CompletableFuture.State.SUCCESS) {
            return admit(endpoint, parameters, peer, request, caller.resultNow());
        }
        return caller.handleAsync(
                        (known, failure) -> failure == null
                                ? admit(endpoint, parameters, peer, request, known)
                                : unidentified(endpoint, request, failure),
                        Loop.hereOr(executor))
                .thenCompose(response -> response);
    }

    /** A caller who may well be known is told to come back, and not that they are nobody. */
    private CompletionStage<HttpResponse> unidentified(Endpoint endpoint, HttpRequest request, Throwable failure) {
        if (!(failure instanceof UnansweredException || failure.getCause() instanceof UnansweredException)) {
            return failed(endpoint, request, failure);
        }
        return refuse(
                        request,
                        "identity_unanswered",
                        endpoint.refuser(),
                        Kind.OVERLOADED,
                        503,
                        "who calls cannot be checked now")
                .thenApply(response -> response.addHeader(RawHeader.create("retry-after", IDENTIFIED_AGAIN_SECONDS)));
    }

    private CompletionStage<HttpResponse> admit(
            Endpoint endpoint,
            Map<String, String> parameters,
            InetSocketAddress peer,
            HttpRequest request,
            Optional<Identified> known) {
        if (known.isEmpty()) {
            return refuse(
                    request,
                    "not_identified",
                    endpoint.refuser(),
                    Kind.NO_ROLE,
                    403,
                    "access denied: caller not identified");
        }
        var caller = known.get().caller();
        InForce rules;
        Role role;
        try {
            rules = inForce.get();
            role = rules.access().role(caller);
        } catch (RuntimeException e) {
            return failed(endpoint, request, e);
        }
        if (!endpoint.needs().isMetBy(role)) {
            return deny(endpoint, caller, role, request);
        }
        var seen = known.get().withoutProof(request);
        var readable = OtherSites.readable(rules.access(), caller);
        var answer = endpoint.isAudited(role)
                ? handleAudited(endpoint, new Call(caller, role, rules, seen, parameters, peer, new Notes()))
                : handle(endpoint, new Call(caller, role, rules, seen, parameters, peer));
        return readable == CrossOrigin.NONE || request.getHeader("origin").isEmpty()
                ? answer
                : answer.thenApply(response -> OtherSites.mark(response, request, readable));
    }

    private CompletionStage<HttpResponse> deny(Endpoint endpoint, Caller caller, Role role, HttpRequest request) {
        if (endpoint.needs() == Needs.ADMIN) {
            audit.denied(caller, request.method().name(), path(request), 403);
        }
        var why = role == Role.NONE ? "no role granted" : "administrators only";
        return refuse(
                request,
                role == Role.NONE ? "no_role" : "not_admin",
                endpoint.refuser(),
                Kind.NO_ROLE,
                403,
                "access denied: " + why);
    }

    /** Nothing is done that the journal does not know of before; and its answer waits until the journal knows how it ended. */
    private CompletionStage<HttpResponse> handleAudited(Endpoint endpoint, Call call) {
        var request = call.request();
        return audit.begin(call.caller(), request.method().name(), path(request))
                .handleAsync(
                        (running, failure) -> failure == null
                                ? handle(endpoint, call).thenCompose(response -> end(endpoint, call, running, response))
                                : failed(endpoint, request, failure, "nothing was done: it could not be audited"),
                        Loop.hereOr(executor))
                .thenCompose(Function.identity());
    }

    private CompletionStage<HttpResponse> end(Endpoint endpoint, Call call, Running running, HttpResponse response) {
        return running.end(response.status().intValue(), call.notes())
                .handleAsync(
                        (done, failure) -> {
                            if (failure == null) {
                                return CompletableFuture.completedStage(response);
                            }
                            response.discardEntityBytes(system);
                            return failed(
                                    endpoint,
                                    call.request(),
                                    failure,
                                    "it may have been done: how it ended could not be audited");
                        },
                        Loop.hereOr(executor))
                .thenCompose(Function.identity());
    }

    private static String path(HttpRequest request) {
        return request.getUri().getPathString();
    }

    private CompletionStage<HttpResponse> handle(Endpoint endpoint, Call call) {
        CompletionStage<HttpResponse> response;
        try {
            response = endpoint.handler().handle(call);
        } catch (RuntimeException e) {
            return failed(endpoint, call.request(), e);
        }
        // Success passes on the thread that brought it; only a failure goes to the executor.
        return response.exceptionallyComposeAsync(failure -> failed(endpoint, call.request(), failure), executor);
    }

    private CompletionStage<HttpResponse> failed(Endpoint endpoint, HttpRequest request, Throwable failure) {
        return failed(endpoint, request, failure, "internal error");
    }

    private CompletionStage<HttpResponse> failed(
            Endpoint endpoint, HttpRequest request, Throwable failure, String what) {
        var id = HexFormat.of().toHexDigits(random.nextLong());
        log.atError()
                .addKeyValue("requestId", id)
                .addKeyValue("method", endpoint.method().name())
                .addKeyValue("path", endpoint.path())
                .setCause(failure)
                .log("a request failed");
        return refuse(request, "bug", endpoint.refuser(), Kind.INTERNAL, 500, what + ", see the log for " + id);
    }

    /** A browser that asks for a page of another site what it may do here is told, if anything; everybody else is refused. */
    private CompletionStage<HttpResponse> refuseMethodOrTell(
            InetSocketAddress peer, HttpRequest request, Refuser refuser, List<HttpMethod> allowed) {
        var asked = OtherSites.asked(request);
        if (asked == null || !allowed.contains(asked)) {
            return refuseMethod(request, refuser, allowed);
        }
        CompletionStage<Optional<Caller>> caller;
        try {
            caller = identity.identify(peer, request).thenApply(known -> known.map(Identified::caller));
        } catch (RuntimeException e) {
            caller = CompletableFuture.failedFuture(e);
        }
        return caller.thenApply(
                        known -> OtherSites.preflight(request, inForce.get().access(), known))
                .handleAsync(
                        (told, failure) -> {
                            if (failure != null || told.isEmpty()) {
                                return refuseMethod(request, refuser, allowed); // doubt is denial
                            }
                            discard(request);
                            return CompletableFuture.completedStage(told.get());
                        },
                        Loop.hereOr(executor))
                .thenCompose(Function.identity());
    }

    private CompletionStage<HttpResponse> refuseMethod(HttpRequest request, Refuser refuser, List<HttpMethod> allowed) {
        metrics.refused("wrong_method");
        discard(request);
        var error = new WireError(
                Kind.BAD_REQUEST,
                405,
                request.method().name() + " is not served here (expected: " + names(allowed) + ")");
        return CompletableFuture.completedFuture(
                refuser.refuse(error).addHeader(Allow.create(allowed.toArray(HttpMethod[]::new))));
    }

    private static String names(List<HttpMethod> methods) {
        return String.join(", ", methods.stream().map(HttpMethod::name).toList());
    }

    private CompletionStage<HttpResponse> refuse(
            HttpRequest request, String reason, Refuser refuser, Kind kind, int status, String message) {
        metrics.refused(reason);
        discard(request);
        return CompletableFuture.completedFuture(refuser.refuse(new WireError(kind, status, message)));
    }

    private void discard(HttpRequest request) {
        if (!request.entity().isStrict()) {
            request.discardEntityBytes(system);
        }
    }
}
