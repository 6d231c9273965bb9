package dev.sluice.provider;

import dev.sluice.config.ProviderRule;
import dev.sluice.config.Settings;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.random.RandomGenerator;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.http.javadsl.model.HttpHeader;
import org.apache.pekko.http.javadsl.model.HttpRequest;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.jspecify.annotations.Nullable;

/** Sends requests over pooled connections, one pool a host. */
final class Relay implements Providers {
    /** Targets are derived from policy; after many policies the old ones are forgotten. */
    private static final int MAX_TARGETS = 10_000;

    /** A client's path may name its host, within the bounds of one provider; past so many, hosts that nobody uses are forgotten. */
    private static final int MAX_POOLS = 1_000;

    private final ActorSystem<?> system;
    private final Settings.Clocks clocks;
    private final int openRequestsPerHost;
    private final Credentials credentials;
    private final ConcurrentHashMap<String, Target> targets = new ConcurrentHashMap<>();
    private final ConcurrentHashMap<Target.Host, ConnectionPool> pools = new ConcurrentHashMap<>();

    Relay(
            ActorSystem<?> system,
            Settings.Clocks clocks,
            int openRequestsPerHost,
            InstantSource clock,
            RandomGenerator random) {
        this.system = system;
        this.clocks = clocks;
        this.openRequestsPerHost = openRequestsPerHost;
        this.credentials = new Credentials(system, this::send, clock, random);
    }

    @Override
    public CompletionStage<HttpResponse> send(ProviderRule provider, HttpRequest request) {
        var target = target(provider);
        var answer = new CompletableFuture<HttpResponse>();
        var proof = target.credential().atHand(request);
        if (proof != null) {
            send(target, proof, request, answer);
        } else {
            sendOnceAllowed(target, request, answer);
        }
        return answer;
    }

    /** The first request of all, or the first after a long silence, waits for a token. */
    private void sendOnceAllowed(Target target, HttpRequest request, CompletableFuture<HttpResponse> answer) {
        request.getAttribute(Providers.ABANDONED).ifPresent(gone -> giveUpOnce(gone, answer));
        var _ = target.credential()
                .obtain(request)
                .whenCompleteAsync(
                        (proof, failure) -> {
                            if (failure != null) {
                                answer.completeExceptionally(UpstreamFailure.unwrapped(failure));
                            } else if (!answer.isDone()) {
                                send(target, proof, request, answer);
                            }
                        },
                        system.executionContext());
    }

    private static void giveUpOnce(CompletionStage<?> abandoned, CompletableFuture<HttpResponse> answer) {
        var _ = abandoned.whenComplete((done, failure) -> answer.completeExceptionally(ConnectionPool.abandoned()));
    }

    private void send(Target target, Proof proof, HttpRequest request, CompletableFuture<HttpResponse> answer) {
        try {
            sendOrThrow(target, proof, request, answer);
        } catch (UpstreamFailure | RuntimeException e) {
            // Whatever it is: somebody waits for the answer.
            answer.completeExceptionally(e);
        }
    }

    private void sendOrThrow(Target target, Proof proof, HttpRequest request, CompletableFuture<HttpResponse> answer)
            throws UpstreamFailure {
        var uri = request.getUri();
        var place = target.place(uri.path(), uri.rawQueryString().orElse(""));
        var headers = new ArrayList<HttpHeader>(32);
        headers.add(place.hostHeader());
        headers.addAll(target.headers());
        for (var header : request.getHeaders()) {
            if (!target.names().contains(header.lowercaseName())) {
                headers.add(header);
            }
        }
        proof.addTo(headers, request, place);
        if (proof.learns()) {
            var _ = answer.whenComplete((good, failure) -> tell(proof, good));
        }
        pool(place.host()).send(request.withUri(place.uri()).withHeaders(headers), answer);
    }

    private static void tell(Proof proof, @Nullable HttpResponse answer) {
        if (answer != null) {
            proof.answered(answer);
        }
    }

    private CompletionStage<HttpResponse> send(Target.Host host, HttpRequest request) {
        var answer = new CompletableFuture<HttpResponse>();
        pool(host).send(request, answer);
        return answer;
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
        return targets.compute(provider.id(), (id, before) -> renewed(before, provider));
    }

    /** What a credential has learnt and fetched outlives a policy that leaves the credential as it was. */
    private Target renewed(@Nullable Target before, ProviderRule provider) {
        if (before != null && before.provider().equals(provider)) {
            return before;
        }
        return Target.of(
                provider,
                before != null && before.hasCredentialOf(provider) ? before.credential() : credentials.of(provider));
    }

    private ConnectionPool pool(Target.Host host) {
        var known = pools.get(host);
        if (known != null) {
            return known;
        }
        if (pools.size() >= MAX_POOLS) {
            pools.values().removeIf(ConnectionPool::isUnused);
        }
        return pools.computeIfAbsent(host, key -> new ConnectionPool(system, key, clocks, openRequestsPerHost));
    }
}
