package dev.sluice.gate;

import static org.apache.pekko.http.javadsl.model.HttpMethods.DELETE;
import static org.apache.pekko.http.javadsl.model.HttpMethods.GET;
import static org.apache.pekko.http.javadsl.model.HttpMethods.HEAD;
import static org.apache.pekko.http.javadsl.model.HttpMethods.POST;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.identity.Identified;
import dev.sluice.identity.Identity;
import dev.sluice.identity.UnansweredException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.http.javadsl.model.ContentTypes;
import org.apache.pekko.http.javadsl.model.HttpEntities;
import org.apache.pekko.http.javadsl.model.HttpEntity;
import org.apache.pekko.http.javadsl.model.HttpMethod;
import org.apache.pekko.http.javadsl.model.HttpMethods;
import org.apache.pekko.http.javadsl.model.HttpRequest;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.http.javadsl.model.headers.RawHeader;
import org.apache.pekko.stream.javadsl.Source;
import org.apache.pekko.util.ByteString;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class GateTest {
    private static final ActorTestKit kit = ActorTestKit.create();
    private static final Visitors visitors = new Visitors();
    private static final Refuser MODEL_REFUSER =
            error -> HttpResponse.create().withStatus(error.status()).withEntity("in format: " + error.message());

    private final List<String> removed = new ArrayList<>();

    private final List<Endpoint> endpoints = List.of(
            new Endpoint(GET, "/healthz", Needs.NOTHING, GateTest::echo),
            new Endpoint(HEAD, "/", Needs.NOTHING, GateTest::echo),
            new Endpoint(GET, "/api/things", Needs.ROLE, GateTest::echo),
            new Endpoint(GET, "/api/things/{id}", Needs.ROLE, GateTest::echo),
            new Endpoint(GET, "/api/things/{id}/parts/{part}", Needs.ROLE, GateTest::echo),
            new Endpoint(GET, "/api/things/whole", Needs.ROLE, call -> text("exact")),
            new Endpoint(POST, "/api/things", Needs.ADMIN, GateTest::echo),
            new Endpoint(POST, "/api/things/{id}/break", Needs.ADMIN, GateTest::fail),
            new Endpoint(DELETE, "/api/things/{id}", Needs.ADMIN, this::remove),
            new Endpoint(GET, "/api/secrets", Needs.ADMIN, GateTest::echo),
            new Endpoint(POST, "/v1/messages", Needs.MODEL, GateTest::echo, MODEL_REFUSER),
            new Endpoint(POST, "/throws", Needs.NOTHING, GateTest::fail, MODEL_REFUSER),
            new Endpoint(
                    POST,
                    "/fails",
                    Needs.NOTHING,
                    call -> CompletableFuture.failedFuture(new IllegalStateException("on purpose")),
                    MODEL_REFUSER));

    private final FakeAudit audit = new FakeAudit();
    private final Gate gate = gate(visitors);

    @AfterAll
    static void stop() {
        kit.shutdownTestKit();
    }

    @ParameterizedTest
    @CsvSource({
        "GET, /healthz, , 200",
        "GET, /healthz, nobody, 200",
        "HEAD, /, , 200",
        "GET, /api/things, , 403",
        "GET, /api/things, nobody, 403",
        "GET, /api/things, alice, 200",
        "HEAD, /api/things, alice, 200",
        "HEAD, /api/things, , 403",
        "GET, /api/things?q=1, alice, 200",
        "POST, /api/things, alice, 403",
        "POST, /api/things, root, 200",
        "POST, /v1/messages, nobody, 403",
        "POST, /v1/messages, alice, 200",
        "DELETE, /api/things, root, 405",
        "DELETE, /api/things/x, root, 200",
        "DELETE, /api/things/x, alice, 403",
        "GET, /v1/messages, alice, 405",
        "GET, /, alice, 405",
        "GET, /nowhere, root, 404",
    })
    void letsInWhoMeetsTheNeedsOfAnEndpoint(String method, String path, @Nullable String visitor, int status) {
        assertThat(ask(method(method), path, visitor).status().intValue()).isEqualTo(status);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "//v1/messages",
                "/v1//messages",
                "/v1/messages/",
                "/v1/./messages",
                "/api/../v1/messages",
                "/v1%2Fmessages",
                "/V1/messages",
                "/v1/messages;a=b",
                "/api/things/",
                "/api/things/..",
                "/api/things/.",
                "/api/things/a%2Fb",
                "/api/things/%2e%2e",
                "/api/things/a%5Cb",
                "/api/things/a%00b",
                "/api/things/%",
                "/api/things/%FF",
                "/api/things/x/parts",
                "/api/things/x/parts/",
                "/api/things//parts/y",
                "/api/things/x/y/z"
            })
    void findsNothingUnderAnotherSpellingOfAPath(String path) {
        var match = new PathTable(endpoints).match(POST, path);

        assertThat(match).isInstanceOf(PathTable.NoSuchPath.class);
    }

    @Test
    void readsTheParametersOfAPath() {
        assertThat(bodyOf(ask(GET, "/api/things/a%20b+c/parts/d", "alice"))).isEqualTo("{id=a b+c, part=d}");
    }

    @Test
    void prefersAnExactPathToAPattern() {
        assertThat(bodyOf(ask(GET, "/api/things/whole", "alice"))).isEqualTo("exact");
    }

    @Test
    void tellsWhichMethodsThereAre() {
        var response = ask(DELETE, "/api/things", "root");

        assertThat(response.getHeader("Allow").orElseThrow().value()).isEqualTo("GET, POST, HEAD");
    }

    @Test
    void saysWhyInTheFormatOfTheEndpoint() {
        assertThat(bodyOf(ask(GET, "/api/things", "nobody")))
                .isEqualTo("{\"error\":\"access denied: no role granted\"}");
        assertThat(bodyOf(ask(GET, "/api/things", null)))
                .isEqualTo("{\"error\":\"access denied: caller not identified\"}");
        assertThat(bodyOf(ask(POST, "/v1/messages", "nobody"))).isEqualTo("in format: access denied: no role granted");
        assertThat(bodyOf(ask(GET, "/v1/messages", "alice"))).startsWith("in format: GET is not served here");
    }

    @ParameterizedTest
    @ValueSource(strings = {"/throws", "/fails"})
    void answersForAHandlerThatFails(String path) {
        var response = ask(POST, path, null);

        assertThat(response.status().intValue()).isEqualTo(500);
        assertThat(bodyOf(response)).matches("in format: internal error, see the log for [0-9a-f]{16}");
    }

    @Test
    void letsNobodyInWhenIdentityBreaks() {
        Identity broken = new FakeIdentity(CompletableFuture.failedFuture(new IllegalStateException("on purpose")));

        assertThat(ask(gate(broken), request(GET, "/api/things", "alice"))
                        .status()
                        .intValue())
                .isEqualTo(500);
    }

    /** Nobody is called a stranger because of a storage that is away. */
    @Test
    void sendsAwayForAMomentOfWhomNobodyCanSayNowWhoTheyAre() {
        Identity silent = new FakeIdentity(CompletableFuture.failedFuture(new UnansweredException("on purpose")));

        var response = ask(gate(silent), request(POST, "/v1/messages", "alice"));

        assertThat(response.status().intValue()).isEqualTo(503);
        assertThat(bodyOf(response)).isEqualTo("in format: who calls cannot be checked now");
        assertThat(response.getHeader("retry-after")).isPresent();
    }

    @Test
    void waitsForAnIdentityThatAsksSomebody() {
        // Given
        var answer = new CompletableFuture<Optional<Identified>>();
        var response = gate(new FakeIdentity(answer)).handle(Visitors.PEER, request(GET, "/api/things", null));
        assertThat(response).isNotDone();
        // When
        answer.complete(Optional.of(Identified.of(Visitors.caller("alice"))));
        // Then
        assertThat(response.toCompletableFuture().join().status().intValue()).isEqualTo(200);
    }

    @Test
    void keepsTheProofOfWhoCallsToItself() {
        var alice = new Identified(Visitors.caller("alice"), Set.of("x-api-key"), Set.of("key"));
        var seen = new ArrayList<HttpRequest>();
        var watched = new Endpoint(POST, "/watched", Needs.ROLE, call -> {
            seen.add(call.request());
            return text("seen");
        });
        var gate = new Gate(
                List.of(watched),
                new FakeIdentity(CompletableFuture.completedFuture(Optional.of(alice))),
                visitors::rules,
                audit,
                kit.system(),
                new Random(1));

        ask(
                gate,
                request(POST, "/watched?a=1&key=proof", null)
                        .addHeader(RawHeader.create("X-Api-Key", "proof"))
                        .addHeader(RawHeader.create("Authorization", "Bearer for-the-provider")));

        assertThat(seen).hasSize(1);
        assertThat(seen.getFirst().toString()).contains("for-the-provider").doesNotContain("proof");
        assertThat(seen.getFirst().getUri().rawQueryString()).contains("a=1");
    }

    @Test
    void knowsAtOnceWhatNeedsNoAsking() {
        assertThat(gate.handle(Visitors.PEER, request(GET, "/api/things", "alice")))
                .isCompleted();
    }

    @Test
    void readsARefusedBodyToItsEndSoThatTheClientReadsTheRefusal() {
        // Given
        var consumed = new CompletableFuture<Boolean>();
        var body = Source.repeat(ByteString.fromString("x".repeat(1000)))
                .take(1000)
                .watchTermination((nothing, done) -> {
                    done.thenRun(() -> consumed.complete(true));
                    return nothing;
                });
        HttpEntity.Chunked entity = HttpEntities.createChunked(ContentTypes.APPLICATION_JSON, body);
        // When
        ask(gate, request(POST, "/v1/messages", "nobody").withEntity(entity));
        // Then
        assertThat(consumed).succeedsWithin(Duration.ofSeconds(20));
    }

    @Test
    void auditsWhatAnAdministratorDoesWithWhatTheEndpointNotes() {
        assertThat(ask(DELETE, "/api/things/x?token=secret", "root").status().intValue())
                .isEqualTo(200);

        assertThat(audit.lines).containsExactly("begin root DELETE /api/things/x", "end 200 {thing=x}");
        assertThat(removed).containsExactly("x");
    }

    @Test
    void auditsAnActionThatFails() {
        assertThat(ask(POST, "/api/things/x/break", "root").status().intValue()).isEqualTo(500);

        assertThat(audit.lines).containsExactly("begin root POST /api/things/x/break", "end 500 {}");
    }

    @Test
    void auditsNoReadingAndNoCallOfOthers() {
        ask(GET, "/api/secrets", "root");
        ask(HEAD, "/api/secrets", "root");
        ask(POST, "/v1/messages", "root");
        ask(GET, "/api/things", "nobody");
        ask(POST, "/api/things", null);

        assertThat(audit.lines).isEmpty();
    }

    @Test
    void auditsTheDenialsOfThoseWhoAreKnown() {
        ask(GET, "/api/secrets", "alice");
        ask(DELETE, "/api/things/x", "nobody");
        ask(DELETE, "/api/things/x", null);

        assertThat(audit.lines).containsExactly("denied alice GET /api/secrets", "denied nobody DELETE /api/things/x");
        assertThat(removed).isEmpty();
    }

    @Test
    void doesNothingThatCannotBeAudited() {
        audit.failsToBegin = true;

        var response = ask(DELETE, "/api/things/x", "root");

        assertThat(response.status().intValue()).isEqualTo(500);
        assertThat(bodyOf(response)).contains("nothing was done: it could not be audited, see the log for ");
        assertThat(removed).isEmpty();
    }

    @Test
    void doesNotSayThatAnActionSucceededWhoseEndCannotBeAudited() {
        audit.failsToEnd = true;

        var response = ask(DELETE, "/api/things/x", "root");

        assertThat(response.status().intValue()).isEqualTo(500);
        assertThat(bodyOf(response)).contains("it may have been done: how it ended could not be audited, see the log");
        assertThat(removed).containsExactly("x");
    }

    @Test
    void refusesATableThatSaysOneThingTwice() {
        var endpoint = endpoints.getFirst();

        assertThatThrownBy(() -> new PathTable(List.of(endpoint, endpoint)))
                .hasMessageContaining("GET /healthz")
                .isInstanceOf(IllegalArgumentException.class);
    }

    private Gate gate(Identity identity) {
        return new Gate(endpoints, identity, visitors::rules, audit, kit.system(), new Random(1));
    }

    private HttpResponse ask(HttpMethod method, String path, @Nullable String visitor) {
        return ask(gate, request(method, path, visitor));
    }

    private static HttpResponse ask(Gate gate, HttpRequest request) {
        return gate.handle(Visitors.PEER, request).toCompletableFuture().join();
    }

    private static HttpRequest request(HttpMethod method, String path, @Nullable String visitor) {
        var request = HttpRequest.create(path).withMethod(method);
        return visitor == null ? request : request.addHeader(RawHeader.create(Visitors.HEADER, visitor));
    }

    private static HttpMethod method(String name) {
        return HttpMethods.lookup(name).orElseThrow();
    }

    private static CompletionStage<HttpResponse> echo(Call call) {
        return text(new TreeMap<>(call.parameters()).toString());
    }

    private CompletionStage<HttpResponse> remove(Call call) {
        removed.add(call.parameter("id"));
        call.note("thing", call.parameter("id"));
        return text("removed");
    }

    private static CompletionStage<HttpResponse> fail(Call call) {
        throw new IllegalStateException("on purpose, for " + call.peer());
    }

    private static CompletionStage<HttpResponse> text(String text) {
        return CompletableFuture.completedFuture(HttpResponse.create().withEntity(text));
    }

    private static String bodyOf(HttpResponse response) {
        return response.entity() instanceof HttpEntity.Strict strict
                ? strict.getData().utf8String()
                : "a stream";
    }

    /** Knows whoever the test says. */
    private record FakeIdentity(CompletionStage<Optional<Identified>> answer) implements Identity {
        @Override
        public CompletionStage<Optional<Identified>> identify(InetSocketAddress peer, HttpRequest request) {
            return answer;
        }

        @Override
        public Set<String> headers() {
            return Set.of();
        }
    }
}
