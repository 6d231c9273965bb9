package dev.sluice.admin;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.sluice.gate.Gate;
import dev.sluice.gate.Visitors;
import dev.sluice.key.KeyTerms;
import java.io.IOException;
import java.time.InstantSource;
import java.util.List;
import java.util.Random;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.http.javadsl.model.ContentTypes;
import org.apache.pekko.http.javadsl.model.HttpRequest;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.http.javadsl.model.headers.RawHeader;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class KeyEndpointsTest {
    private static final ActorTestKit kit = ActorTestKit.create();
    private static final ObjectMapper json = new ObjectMapper();
    private static final Visitors visitors = new Visitors();

    private final FakeKeys keys = new FakeKeys();
    private final Gate gate = new Gate(
            new KeyEndpoints(keys, InstantSource.fixed(FakeKeys.NOON), kit.system()).endpoints(),
            visitors,
            visitors::rules,
            new dev.sluice.gate.FakeAudit(),
            kit.system(),
            new Random(1));

    @AfterAll
    static void stop() {
        kit.shutdownTestKit();
    }

    private record Answer(HttpResponse response, int status, JsonNode body) {}

    private Answer ask(String visitor, HttpRequest request) throws IOException {
        var response = gate.handle(Visitors.PEER, request.addHeader(RawHeader.create(Visitors.HEADER, visitor)))
                .toCompletableFuture()
                .join();
        var body = response.entity()
                .toStrict(20_000, kit.system())
                .toCompletableFuture()
                .join()
                .getData()
                .utf8String();
        return new Answer(response, response.status().intValue(), json.readTree(body));
    }

    private Answer make(String visitor, String body) throws IOException {
        return ask(visitor, HttpRequest.POST("/api/keys").withEntity(ContentTypes.APPLICATION_JSON, body));
    }

    @Test
    void tellsANewKeyToWhoMadeItAndToNoCache() throws IOException {
        var made = make("root", """
                {"owner": "alice", "name": "laptop", "tags": ["tag:ci", "tag:api"], "models": ["p/**"],
                 "quota": {"capacity": "$10", "rate": "$5/day"}, "expires": "2026-11-22T12:00:00Z", "allow_admin": true}
                """);

        assertThat(made.status()).isEqualTo(201);
        assertThat(made.response().getHeader("cache-control").orElseThrow().value())
                .isEqualTo("no-store");
        assertThat(made.body()).isEqualTo(json.readTree("""
                {"key": "sk-sluice-key1", "about": {"id": "key1", "status": "active", "owner": "alice", "name": "laptop",
                  "tags": ["tag:api", "tag:ci"], "models": ["p/**"],
                  "quota": {"bucket": "key:key1", "capacity": "$10", "rate": "$5/day"}, "allow_admin": true,
                  "created": "2026-11-21T12:00:00Z", "created_by": "root", "expires": "2026-11-22T12:00:00Z",
                  "revoked": null, "last_used": null}}
                """));
    }

    @Test
    void givesNoMoreThanWasAskedFor() throws IOException {
        make("root", "{\"owner\": \"alice\"}");
        make(
                "root",
                "{\"owner\": \"alice\", \"name\": \"\", \"tags\": null, \"models\": null, \"quota\": null,"
                        + " \"expires\": null, \"allow_admin\": null}");

        assertThat(keys.made.values())
                .extracting(status -> status.key().terms())
                .hasSize(2)
                .containsOnly(new KeyTerms("alice", "", List.of(), List.of(), null, null, false));
    }

    @Test
    void letsNobodyButAnAdministratorMakeOne() throws IOException {
        assertThat(make("alice", "{\"owner\": \"alice\"}").status()).isEqualTo(403);
        assertThat(keys.made).isEmpty();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "{} | owner: nothing (expected: a string)",
                "{\"owner\": 7} | owner: 7 (expected: a string)",
                "{\"owner\": \"a\", \"admin\": true} | unknown field \"admin\" (expected: owner, name, tags",
                "{\"owner\": \"a\", \"owner\": \"b\"} | Duplicate field 'owner'",
                "{\"owner\": \"a\", \"tags\": \"tag:ci\"} | tags: \"tag:ci\" (expected: a list of strings",
                "{\"owner\": \"a\", \"tags\": [7]} | tags: [7] (expected: a list of strings",
                "{\"owner\": \"a\", \"models\": []} | models: [] (expected: a list of strings, one or more)",
                "{\"owner\": \"a\", \"models\": {\"a\": \"b\"}} | models: {\"a\":\"b\"} (expected: a list",
                "{\"owner\": \"a\", \"quota\": \"$5\"} | quota: \"$5\" (expected: an object of capacity and rate)",
                "{\"owner\": \"a\", \"quota\": {\"capacity\": \"$5\"}} | rate: nothing (expected: a string)",
                "{\"owner\": \"a\", \"quota\": {\"strict\": true}} | unknown field \"strict\" (expected: capacity, rate)",
                "{\"owner\": \"a\", \"expires\": \"90d\"} | expires: \"90d\" (expected: a time, for example",
                "{\"owner\": \"a\", \"allow_admin\": \"yes\"} | allow_admin: \"yes\" (expected: true or false)",
                "{\"owner\": \"refused\"} | owner: refused",
                "[] | not a JSON object"
            })
    void saysWhatIsWrongWithAWish(String wish, String complaint) throws IOException {
        var answer = make("root", wish);

        assertThat(answer.status()).isEqualTo(400);
        assertThat(answer.body().path("error").textValue()).contains(complaint);
        assertThat(keys.made).isEmpty();
    }

    @Test
    void saysWhenThereAreTooMany() throws IOException {
        for (var i = 0; i < 3; i++) {
            make("root", "{\"owner\": \"alice\"}");
        }

        var answer = make("root", "{\"owner\": \"alice\"}");

        assertThat(answer.status()).isEqualTo(409);
        assertThat(answer.body().path("error").textValue()).contains("100000 gateway keys already");
    }

    @Test
    void listsInPagesOnesOwnAndForAdministratorsAll() throws IOException {
        make("root", "{\"owner\": \"alice\"}");
        make("root", "{\"owner\": \"bob\"}");
        make("root", "{\"owner\": \"alice\"}");

        assertThat(ids("alice", "")).containsExactly("key3", "key1");
        assertThat(ids("carol", "")).isEmpty();
        assertThat(ids("root", "")).containsExactly("key3", "key2", "key1");
        var page = ask("root", HttpRequest.GET("/api/keys?limit=2")).body();
        assertThat(page.path("next_before").textValue()).isEqualTo("key2");
        assertThat(ids("root", "?limit=2&before=key2")).containsExactly("key1");
        assertThat(ask("root", HttpRequest.GET("/api/keys?limit=501")).status()).isEqualTo(400);
        assertThat(ask("root", HttpRequest.GET("/api/keys?owner=bob")).status()).isEqualTo(400);
    }

    private List<String> ids(String visitor, String query) throws IOException {
        return ask(visitor, HttpRequest.GET("/api/keys" + query)).body().findValuesAsText("id");
    }

    @Test
    void revokesOnesOwnAndForAdministratorsAll() throws IOException {
        make("root", "{\"owner\": \"alice\"}");
        make("root", "{\"owner\": \"bob\"}");

        assertThat(revoke("alice", "key2").status()).isEqualTo(404);
        assertThat(revoke("alice", "key2").body().path("error").textValue())
                .isEqualTo(
                        revoke("alice", "key9").body().path("error").textValue().replace('9', '2'));
        assertThat(keys.made.values()).allMatch(status -> status.revoked() == null);
        assertThat(revoke("alice", "key1").body().path("status").textValue()).isEqualTo("revoked");
        assertThat(revoke("alice", "key1").status()).isEqualTo(200);
        assertThat(revoke("root", "key2").status()).isEqualTo(200);
    }

    private Answer revoke(String visitor, String id) throws IOException {
        return ask(visitor, HttpRequest.DELETE("/api/keys/" + id));
    }
}
