package dev.sluice.proxy;

import dev.sluice.capture.Captures;
import dev.sluice.config.Settings;
import dev.sluice.gate.Call;
import dev.sluice.gate.Endpoint;
import dev.sluice.gate.Handler;
import dev.sluice.gate.Needs;
import dev.sluice.provider.Providers;
import dev.sluice.quota.Quota;
import dev.sluice.session.Sessions;
import dev.sluice.wire.Operation;
import dev.sluice.wire.WireFormats;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.function.BooleanSupplier;
import java.util.random.RandomGenerator;
import org.apache.pekko.Done;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.http.javadsl.model.ContentTypes;
import org.apache.pekko.http.javadsl.model.HttpEntities;
import org.apache.pekko.http.javadsl.model.HttpMethod;
import org.apache.pekko.http.javadsl.model.HttpMethods;
import org.apache.pekko.http.javadsl.model.HttpResponse;

/** The data plane: the endpoints that clients of the wire formats know, and those that tell whether the node is well. */
public final class Proxy {
    private final InstantSource clock;
    private final RequestPath path;
    private final FollowUp followUp;

    /**
     * Puts the data plane together.
     *
     * @param identityHeaders lower-case names of headers that tell who calls; they never go upstream
     */
    public Proxy(
            ActorSystem<?> system,
            Settings settings,
            Providers providers,
            Quota quota,
            Sessions sessions,
            Captures captures,
            Set<String> identityHeaders,
            InstantSource clock,
            RandomGenerator random) {
        this.clock = clock;
        var passing = new Passing(identityHeaders);
        var ids = new RequestIds(clock, random);
        var background = new Background(system, settings.clocks().background());
        this.path = new RequestPath(
                system, settings, providers, quota, sessions, captures, background, passing, ids, clock, random);
        this.followUp = new FollowUp(system, providers, sessions, passing, background, ids);
    }

    /**
     * The endpoints, for the gate.
     *
     * @param ready whether the node takes traffic
     * @param policyInTrouble whether an administrator should look at what became of the policy; the node takes traffic all the same
     */
    public List<Endpoint> endpoints(BooleanSupplier ready, BooleanSupplier policyInTrouble) {
        var endpoints = new ArrayList<Endpoint>();
        endpoints.add(new Endpoint(HttpMethods.HEAD, "/", Needs.NOTHING, ok("")));
        endpoints.add(new Endpoint(
                HttpMethods.GET, "/", Needs.NOTHING, ok("Sluice is here. Point a client's base URL at it.\n")));
        endpoints.add(new Endpoint(HttpMethods.GET, "/healthz", Needs.NOTHING, ok("alive\n")));
        endpoints.add(new Endpoint(
                HttpMethods.GET,
                "/readyz",
                Needs.NOTHING,
                call -> readiness(ready.getAsBoolean(), policyInTrouble.getAsBoolean())));
        endpoints.add(new Endpoint(HttpMethods.GET, "/v1/models", Needs.ROLE, new ModelList(clock)::handle));
        for (var format : WireFormats.ALL) {
            for (var operation : format.operations()) {
                endpoints.add(new Endpoint(
                        method(operation),
                        operation.path(),
                        Needs.MODEL,
                        call -> operation.isOfStored()
                                ? followUp.handle(call, format, operation)
                                : path.handle(call, format, operation),
                        error -> RequestPath.render(format, operation, error)));
            }
        }
        return endpoints;
    }

    private static HttpMethod method(Operation operation) {
        return HttpMethods.lookup(operation.method()).orElseThrow();
    }

    private static Handler ok(String text) {
        var response = HttpResponse.create().withEntity(text);
        return (Call call) -> java.util.concurrent.CompletableFuture.completedFuture(response);
    }

    /** Anybody may ask, so the details are the administrators'. */
    private static CompletionStage<HttpResponse> readiness(boolean ready, boolean policyInTrouble) {
        var detail = policyInTrouble
                ? "the policy in force is not the one that was last written; see the log, or GET /aperture/config\n"
                : "";
        return java.util.concurrent.CompletableFuture.completedFuture(HttpResponse.create()
                .withStatus(ready ? 200 : 503)
                .withEntity(HttpEntities.create(
                        ContentTypes.TEXT_PLAIN_UTF8, (ready ? "ready\n" : "not ready\n") + detail)));
    }

    /** Completes when every answer that has ended is in the books; to be asked after the listener has drained. */
    public CompletionStage<Done> balanced() {
        return path.balanced();
    }
}
