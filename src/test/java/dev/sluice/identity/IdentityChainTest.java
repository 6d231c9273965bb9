package dev.sluice.identity;

import static org.assertj.core.api.Assertions.assertThat;

import com.typesafe.config.ConfigFactory;
import dev.sluice.config.Settings;
import dev.sluice.identity.Resolver.Answer;
import dev.sluice.identity.Resolver.Asking;
import dev.sluice.identity.Resolver.Doubted;
import dev.sluice.identity.Resolver.Known;
import dev.sluice.identity.Resolver.Unknown;
import dev.sluice.testing.TestIssuer;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.apache.pekko.http.javadsl.model.HttpHeader;
import org.apache.pekko.http.javadsl.model.HttpRequest;
import org.apache.pekko.http.javadsl.model.headers.RawHeader;
import org.junit.jupiter.api.Test;

class IdentityChainTest {
    private static final InetSocketAddress LOCAL = new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), 4711);
    private static final Caller ANN = new Caller("ann", "", "", List.of(), List.of(), false, List.of());
    private static final Resolver KNOWS = (peer, request) -> new Known(Identified.by(Set.of("x-api-key"), ANN));
    private static final Resolver DOUBTS = (peer, request) -> new Doubted("on purpose");
    private static final Resolver DOES_NOT_KNOW = (peer, request) -> Unknown.INSTANCE;

    private final SetClock clock = new SetClock();

    @Test
    void whoKnowsFirstHasTheLastWord() {
        assertThat(of(DOES_NOT_KNOW, KNOWS, DOUBTS)).map(Identified::caller).contains(ANN);
        assertThat(of(DOUBTS, KNOWS)).isEmpty();
        assertThat(of(DOES_NOT_KNOW)).isEmpty();
        assertThat(of()).isEmpty();
    }

    @Test
    void theSameGoesForThoseWhoHaveToAsk() {
        assertThat(loginAfter(new Known(Identified.of(ANN)))).contains("ann");
        assertThat(loginAfter(new Doubted("on purpose"))).isEmpty();
        assertThat(loginAfter(Unknown.INSTANCE)).contains("(loopback)");
    }

    private static Optional<String> loginAfter(Answer answer) {
        var pending = new CompletableFuture<Answer>();
        var chain = new IdentityChain(List.of(
                DOES_NOT_KNOW, (peer, request) -> new Asking(pending), later(later(DOES_NOT_KNOW)), new Loopback()));
        var told = chain.identify(LOCAL, HttpRequest.create()).toCompletableFuture();
        assertThat(told).isNotDone();

        pending.complete(answer);

        assertThat(told).isDone();
        return told.join().map(it -> it.caller().login());
    }

    @Test
    void aResolverInTroubleIsADoubt() {
        Resolver broken =
                (peer, request) -> new Asking(CompletableFuture.failedFuture(new IllegalStateException("on purpose")));

        assertThat(of(broken, KNOWS)).isEmpty();
    }

    @Test
    void asksInTheOrderOfTheSettings() {
        var request = HttpRequest.create().addHeader(RawHeader.create("Tailscale-User-Login", "bob@example.com"));

        assertThat(login("[keys, serve-headers, loopback]", request)).contains("ann");
        assertThat(login("[serve-headers, keys, loopback]", request)).contains("bob@example.com");
        assertThat(login("[loopback, keys, serve-headers]", request)).contains("(loopback)");
        // Not configured.
        assertThat(login("[jwt, tailscale]", request)).isEmpty();
    }

    @Test
    void aCredentialThatOthersWouldHaveKnownIsNobodysBusinessEither() {
        var key = TestIssuer.curve("one");
        var issuer = TestIssuer.named("https://id.example.com").shows(key);
        var ours = issuer.token(key, clock.instant(), claims -> {});
        var forSomebodyElse = issuer.token(key, clock.instant(), claims -> claims.audience("vllm"));
        var request = HttpRequest.create()
                .addHeader(RawHeader.create("x-api-key", "gateway-key"))
                .addHeader(RawHeader.create("Authorization", "Bearer " + ours))
                .addHeader(RawHeader.create("x-goog-api-key", forSomebodyElse));
        var identity = IdentityChain.of(
                settings("sluice.identity.jwt.issuers = [{ issuer = \"https://id.example.com\", audience = sluice }]"),
                issuer::document,
                file -> {
                    throw new IllegalStateException("no daemon here");
                },
                clock,
                KNOWS);

        var identified =
                identity.identify(LOCAL, request).toCompletableFuture().join().orElseThrow();

        assertThat(identified.withoutProof(request).getHeaders())
                .extracting(HttpHeader::lowercaseName)
                .containsExactly("x-goog-api-key");
    }

    private Optional<String> login(String order, HttpRequest request) {
        var settings = settings("sluice.identity.order = " + order + ", sluice.trusted-proxies = [127.0.0.1]");
        var identity = IdentityChain.of(
                settings,
                address -> CompletableFuture.failedFuture(new IllegalStateException("no issuer here")),
                file -> {
                    throw new IllegalStateException("no daemon here");
                },
                clock,
                KNOWS);
        return identity.identify(LOCAL, request)
                .toCompletableFuture()
                .join()
                .map(it -> it.caller().login());
    }

    private static Settings settings(String text) {
        return Settings.of(ConfigFactory.parseString(text)
                .withFallback(ConfigFactory.parseResources("sluice.conf"))
                .resolve());
    }

    private static Resolver later(Resolver resolver) {
        return (peer, request) -> new Asking(CompletableFuture.completedFuture(resolver.resolve(peer, request)));
    }

    private static Optional<Identified> of(Resolver... resolvers) {
        return new IdentityChain(List.of(resolvers))
                .identify(LOCAL, HttpRequest.create())
                .toCompletableFuture()
                .join();
    }
}
