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

/** Sends requests on, each over the line to its provider's host, and counts what is open. */
final class Relay implements Providers {
    /** Targets are derived from policy; after many policies the old ones are forgotten. */
    private static final int MAX_TARGETS = 10_000;

    private final ActorSystem<?> system;
    private final Settings.Limits limits;
    private final Lines lines;
    private final ConcurrentHashMap<String, Target> targets = new ConcurrentHashMap<>();
    private final ConcurrentHashMap<String, OpenRequests> open = new ConcurrentHashMap<>();
    private final ConcurrentHashMap<String, Health> health = new ConcurrentHashMap<>();

    Relay(ActorSystem<?> system, Settings.Limits limits, Lines lines) {
        this.system = system;
        this.limits = limits;
        this.lines = lines;
    }

    @Override
    public CompletionStage<HttpResponse> send(ProviderRule provider, HttpRequest request) {
        var target = target(provider);
        var uri = request.getUri();
        var outgoing = request.withUri(
                        target.uri(uri.path(), uri.rawQueryString().orElse("")))
                .withHeaders(joined(target.headers(), request.getHeaders()));
        var answer = new CompletableFuture<HttpResponse>();
        var most = provider.maxOpenRequests() > 0 ? provider.maxOpenRequests() : limits.providerOpenRequests();
        var open = this.open.computeIfAbsent(provider.id(), _ -> new OpenRequests());
        if (open.take(most)) {
            lines.to(target.host()).send(new Call(outgoing, answer, open));
        } else {
            answer.completeExceptionally(overloaded(provider, most));
        }
        return answer.whenComplete((response, failure) -> note(provider, response, failure));
    }

    private static UpstreamFailure overloaded(ProviderRule provider, int most) {
        var limit = provider.maxOpenRequests() > 0 ? "its max_open_requests" : "sluice.limits.provider-open-requests";
        return new UpstreamFailure(
                UpstreamFailure.Kind.OVERLOADED,
                "provider \"" + provider.id() + "\" has " + most + " requests open, the limit (" + limit + ")");
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

    private static Iterable<HttpHeader> joined(List<HttpHeader> own, Iterable<HttpHeader> passed) {
        var all = new java.util.ArrayList<>(own);
        passed.forEach(all::add);
        return all;
    }
}
