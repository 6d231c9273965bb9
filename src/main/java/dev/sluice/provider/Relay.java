package dev.sluice.provider;

import dev.sluice.config.ProviderRule;
import dev.sluice.config.Settings;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.http.javadsl.model.HttpHeader;
import org.apache.pekko.http.javadsl.model.HttpRequest;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.jspecify.annotations.Nullable;

/** Sends requests over pooled connections, one pool a host. */
final class Relay implements Providers {
    /** Targets are derived from policy; after many policies the old ones are forgotten. */
    private static final int MAX_TARGETS = 10_000;

    private final ActorSystem<?> system;
    private final Settings.Clocks clocks;
    private final int openRequestsPerHost;
    private final ConcurrentHashMap<String, Target> targets = new ConcurrentHashMap<>();
    private final ConcurrentHashMap<Target.Host, ConnectionPool> pools = new ConcurrentHashMap<>();
    private final ConcurrentHashMap<String, Health> health = new ConcurrentHashMap<>();

    Relay(ActorSystem<?> system, Settings.Clocks clocks, int openRequestsPerHost) {
        this.system = system;
        this.clocks = clocks;
        this.openRequestsPerHost = openRequestsPerHost;
    }

    @Override
    public CompletionStage<HttpResponse> send(ProviderRule provider, HttpRequest request) {
        var target = target(provider);
        var uri = request.getUri();
        var outgoing = request.withUri(
                        target.uri(uri.path(), uri.rawQueryString().orElse("")))
                .withHeaders(joined(target.headers(), request.getHeaders()));
        var answer = new CompletableFuture<HttpResponse>();
        pool(target.host()).send(outgoing, answer);
        return answer.whenComplete((response, failure) -> note(provider, response, failure));
    }

    @Override
    public boolean takes(ProviderRule provider) {
        var known = health.get(provider.id());
        return known == null || known.takes();
    }

    private void note(ProviderRule provider, @Nullable HttpResponse response, @Nullable Throwable failure) {
        var known = health.get(provider.id());
        if (isFailure(response, failure)) {
            (known == null ? health.computeIfAbsent(provider.id(), _ -> new Health(system.classicSystem())) : known)
                    .failed();
        } else if (known != null && response != null) {
            known.answered();
        }
    }

    /** Of the provider itself: neither our limits and clients that leave, nor its word on one request. */
    private static boolean isFailure(@Nullable HttpResponse response, @Nullable Throwable failure) {
        if (response != null) {
            var status = response.status().intValue();
            return status == 500 || status == 502 || status == 503 || status == 504 || status == 529;
        }
        return failure instanceof UpstreamFailure upstream
                && (upstream.kind() == UpstreamFailure.Kind.UNREACHABLE
                        || upstream.kind() == UpstreamFailure.Kind.TIMEOUT);
    }

    /** By id, and made anew when the policy has changed: comparing a rule to itself is cheap, hashing it is not. */
    private Target target(ProviderRule provider) {
        var known = targets.get(provider.id());
        if (known != null && known.provider().equals(provider)) {
            return known;
        }
        if (targets.size() > MAX_TARGETS) {
            targets.clear();
        }
        var target = Target.of(provider);
        targets.put(provider.id(), target);
        return target;
    }

    private ConnectionPool pool(Target.Host host) {
        return pools.computeIfAbsent(host, key -> new ConnectionPool(system, key, clocks, openRequestsPerHost));
    }

    private static Iterable<HttpHeader> joined(List<HttpHeader> own, Iterable<HttpHeader> passed) {
        var all = new java.util.ArrayList<>(own);
        passed.forEach(all::add);
        return all;
    }
}
