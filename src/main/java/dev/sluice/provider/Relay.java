package dev.sluice.provider;

import dev.sluice.config.CredentialRule;
import dev.sluice.config.ProviderRule;
import dev.sluice.config.Settings;
import dev.sluice.net.Loop;
import java.net.URI;
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
import org.apache.pekko.stream.SystemMaterializer;
import org.jspecify.annotations.Nullable;

/** Sends requests on, each over the line to its provider's host, and counts what is open. */
final class Relay implements Providers {
    /** Targets are derived from policy; after many policies the old ones are forgotten. */
    private static final int MAX_TARGETS = 10_000;

    private final ActorSystem<?> system;
    private final Settings.Limits limits;
    private final Lines lines;
    private final Credentials credentials;
    private final Documents documents;
    private final InstantSource clock;
    private final ConcurrentHashMap<String, Target> targets = new ConcurrentHashMap<>();
    private final ConcurrentHashMap<String, OpenRequests> open = new ConcurrentHashMap<>();
    private final ConcurrentHashMap<String, Health> health = new ConcurrentHashMap<>();

    Relay(ActorSystem<?> system, Settings.Limits limits, Lines lines, InstantSource clock, RandomGenerator random) {
        this.system = system;
        this.limits = limits;
        this.lines = lines;
        this.clock = clock;
        this.credentials = new Credentials(system, this::send, clock, random);
        this.documents =
                new Documents(this::send, SystemMaterializer.get(system).materializer());
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
        return answer.whenComplete((response, failure) -> note(provider, response, failure));
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
                        Loop.hereOr(system.executionContext()));
    }

    private static void giveUpOnce(CompletionStage<?> abandoned, CompletableFuture<HttpResponse> answer) {
        var _ = abandoned.whenComplete((done, failure) -> answer.completeExceptionally(Line.abandoned()));
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
        var open = this.open.computeIfAbsent(target.provider().id(), _ -> new OpenRequests());
        if (!open.take(most(target.provider()))) {
            throw overloaded(target.provider());
        }
        lines.to(place.host())
                .send(new Call(
                        request.withUri(place.uri()).withHeaders(headers),
                        proof.learns() ? afterwards(proof, answer) : answer,
                        open));
    }

    /** The proof hears of the answer before whoever waits for it does: what they do next may depend on it. */
    private static CompletableFuture<HttpResponse> afterwards(Proof proof, CompletableFuture<HttpResponse> answer) {
        var heard = new CompletableFuture<HttpResponse>();
        var _ = heard.whenComplete((response, failure) -> {
            if (failure == null) {
                proof.answered(response);
                answer.complete(response);
            } else {
                answer.completeExceptionally(failure);
            }
        });
        return heard;
    }

    @Override
    public CompletionStage<byte[]> document(URI address) {
        return documents.fetch(address);
    }

    @Override
    public CompletionStage<HttpResponse> send(URI address, HttpRequest request) {
        return documents.send(address, request);
    }

    private CompletionStage<HttpResponse> send(Target.Host host, HttpRequest request) {
        var answer = new CompletableFuture<HttpResponse>();
        var alone = new OpenRequests();
        alone.take(1);
        lines.to(host).send(new Call(request, answer, alone));
        return answer;
    }

    private int most(ProviderRule provider) {
        return provider.maxOpenRequests() > 0 ? provider.maxOpenRequests() : limits.providerOpenRequests();
    }

    private UpstreamFailure overloaded(ProviderRule provider) {
        var limit = provider.maxOpenRequests() > 0 ? "its max_open_requests" : "sluice.limits.provider-open-requests";
        return new UpstreamFailure(
                UpstreamFailure.Kind.OVERLOADED,
                "provider \"" + provider.id() + "\" has " + most(provider) + " requests open, the limit (" + limit
                        + ")");
    }

    @Override
    public boolean hasAnotherKey(ProviderRule provider) {
        return target(provider).credential().hasAnother();
    }

    @Override
    public boolean takes(ProviderRule provider) {
        var known = health.get(provider.id());
        return known == null || known.takes();
    }

    @Override
    public Condition condition(ProviderRule provider) {
        var ill = health.get(provider.id());
        var counted = open.get(provider.id());
        var target = targets.get(provider.id());
        return new Condition(
                ill == null ? Condition.Breaker.CLOSED : ill.state(),
                ill == null ? null : ill.since(),
                ill == null ? 0 : ill.consecutiveFailures(),
                ill == null ? null : ill.lastFailure(),
                counted == null ? 0 : counted.count(),
                most(provider),
                provider.credential() instanceof CredentialRule.Keys keys
                        ? keys.keys().size()
                        : 0,
                target != null && target.hasCredentialOf(provider)
                        ? target.credential().resting()
                        : 0);
    }

    private void note(ProviderRule provider, @Nullable HttpResponse response, @Nullable Throwable failure) {
        var known = health.get(provider.id());
        if (isFailure(response, failure)) {
            (known == null
                            ? health.computeIfAbsent(
                                    provider.id(), _ -> new Health(provider.id(), system.classicSystem(), clock))
                            : known)
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
}
