package dev.sluice.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.sluice.testing.Eventually;
import dev.sluice.testing.FakeHook;
import dev.sluice.testing.FakeHook.Answer;
import dev.sluice.testing.FakeHook.Received;
import dev.sluice.testing.KeptLog;
import dev.sluice.testing.RawHttp;
import dev.sluice.testing.Stand;
import dev.sluice.testing.TestFormat;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Hooks of a whole gateway: each of its models has others. */
class HooksIT {
    private static final Duration SOON = Duration.ofSeconds(20);
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final AtomicInteger names = new AtomicInteger();

    /** 127.0.0.1:1 refuses connections. */
    private static final String POLICY = """
            {
              "grants": [
                { "src": ["*"], "app": {
                  "tailscale.com/cap/aperture": [
                    { "role": "admin" }, { "models": "**", "quotas": [{ "bucket": "pool" }] },
                    { "models": "sim/told", "send_hooks": [{ "name": "told", "events": ["entire_request"], "send":
                      ["tools", "request_body", "user_message", "response_body", "raw_responses", "estimated_cost", "grants", "quotas"] }] },
                    { "models": "sim/tools", "send_hooks": [{ "name": "tools", "events": ["tool_call_entire_request"], "send": ["tools"] }] },
                    { "models": "sim/guarded", "send_hooks": [
                      { "name": "first", "events": ["pre_request"], "send": ["request_body", "user_message", "quotas", "estimated_cost"] },
                      { "name": "second", "events": ["pre_request"], "send": ["request_body"] }] },
                    { "models": "sim/closed", "send_hooks": [{ "name": "closed", "events": ["pre_request"], "send": [] }] },
                    { "models": "sim/open", "send_hooks": [{ "name": "open", "events": ["pre_request"], "send": [] }] },
                    { "models": "sim/refusing", "send_hooks": [{ "name": "refusing", "events": ["pre_request"], "send": [] }] },
                    { "models": "sim/undefined", "send_hooks": [{ "name": "nobody", "events": ["pre_request"], "send": [] }] },
                    { "models": "sim/unheard", "send_hooks": [{ "name": "nobody", "events": ["entire_request"], "send": [] }] },
                    { "models": "sim/many", "send_hooks": [
                      { "name": "stuck", "events": ["entire_request"], "send": ["request_body"] },
                      { "name": "well", "events": ["entire_request"], "send": ["request_body"] },
                      { "name": "gone", "events": ["entire_request"], "send": [] }] } ],
                  "example.com/cap/policy": [{ "tier": "gold" }] } },
              ],
              "quotas": { "pool": { "capacity": "$1000.00", "rate": "$0.00/day", "on_exceed": "reject" } },
              "hooks": {
                "told": { "url": "HOOK/told", "apikey": "k-hook", "authorization": "hec", "secret": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw" },
                "tools": { "url": "HOOK/tools" },
                "first": { "url": "HOOK/first", "preference": 1, "fail_policy": "fail_closed" },
                "second": { "url": "HOOK/second", "preference": 0 },
                "closed": { "url": "HOOK/closed", "fail_policy": "fail_closed", "timeout": "300ms" },
                "open": { "url": "HOOK/open", "timeout": "300ms" },
                "refusing": { "url": "http://127.0.0.1:1/", "fail_policy": "fail_closed" },
                "stuck": { "url": "HOOK/stuck", "timeout": "0" },
                "well": { "url": "HOOK/well" },
                "gone": { "url": "HOOK/gone" },
              },
              "providers": {
                "sim": {
                  "baseurl": "SIM", "apikey": "provider-key",
                  "models": ["told", "tools", "guarded", "closed", "open", "refusing", "undefined", "unheard", "many"],
                  "compatibility": { "openai_chat": true, "openai_responses": true, "anthropic_messages": true },
                  "cost_basis": "openai", "model_cost_map": [{ "match": "*", "as": "gpt-4.1" }],
                },
              },
            }
            """;

    @TempDir
    static Path data;

    private static FakeHook hook;
    private static Stand stand;

    @BeforeAll
    static void start() throws Exception {
        hook = FakeHook.start();
        stand = Stand.start(
                data,
                sim -> POLICY.replace("SIM", sim).replace("HOOK", hook.url()),
                Map.of("sluice.hooks.first-pause", "20ms", "sluice.hooks.longest-pause", "100ms"));
    }

    @AfterAll
    static void stop() throws Exception {
        stand.close();
        hook.close();
    }

    @BeforeEach
    void forget() {
        hook.forget();
    }

    private record Said(int status, String body, String requestId) {}

    private static String name() {
        return "hooks-" + names.incrementAndGet();
    }

    private static Said ask(TestFormat format, String model, boolean stream, String name, String script) {
        try (var http = stand.open()
                .post(
                        format.path(),
                        format.body(model, stream, "What of " + name + "?"),
                        Stand.headers(name, script))) {
            var head = http.readHead();
            return new Said(
                    head.status(),
                    http.readRest().text(),
                    head.header("x-sluice-request-id").orElse(""));
        }
    }

    private static List<Received> arrived(String path, int number) {
        Eventually.await(SOON, () -> assertThat(hook.received(path)).hasSize(number));
        return hook.received(path);
    }

    private static JsonNode json(String text) {
        try {
            return JSON.readTree(text);
        } catch (IOException e) {
            throw new UncheckedIOException(text, e);
        }
    }

    private static long reserved() {
        return stand.get("/api/quotas")
                .path("buckets")
                .path(0)
                .path("reserved_nanos")
                .asLong();
    }

    private static JsonNode status(String name) {
        for (var it : stand.get("/api/hooks").path("hooks")) {
            if (it.path("name").asText().equals(name)) {
                return it;
            }
        }
        throw new AssertionError(name);
    }

    /** Once the hook has taken what earlier requests had for it: what it was sent is counted a moment after it came. */
    private static JsonNode settled(String name) {
        Eventually.await(
                SOON, () -> assertThat(status(name).path("queued").asLong()).isZero());
        return status(name);
    }

    // Afterwards.

    @ParameterizedTest
    @CsvSource({"CHAT, false", "CHAT, true", "RESPONSES, false", "RESPONSES, true", "MESSAGES, false", "MESSAGES, true"
    })
    void aHookIsToldAllThatItIsToBeSent(TestFormat format, boolean stream) {
        var name = name();

        var said = ask(format, "told", stream, name, "tools=2; output=70; input=30; events=4");

        var call = arrived("/told", 1).getFirst();
        var told = json(call.body());
        var exchange = stand.exchange(name);
        assertThat(call.headers())
                .containsEntry("authorization", "Splunk k-hook")
                .containsEntry("content-type", "application/json")
                .containsEntry("x-sluice-hook-event", "entire_request");
        var metadata = told.path("metadata");
        assertThat(metadata.path("request_id").asText()).isEqualTo(said.requestId());
        assertThat(metadata.path("session_id").asText()).matches("[a-z]{4}_[0-9a-f]{16}");
        assertThat(metadata.path("url").asText()).isEqualTo(format.path());
        assertThat(metadata.path("user_agent").asText()).isEqualTo(name);
        assertThat(metadata.path("login_name").asText()).isEqualTo("(loopback)");
        assertThat(metadata.path("model").asText()).isEqualTo("told");
        assertThat(metadata.path("provider").asText()).isEqualTo("sim");
        assertThat(metadata.path("grants").toString()).isEqualTo("{\"example.com/cap/policy\":[{\"tier\":\"gold\"}]}");
        assertThat(metadata.path("estimated_cost")
                        .path("dollars")
                        .decimalValue()
                        .movePointRight(9)
                        .longValueExact())
                .isEqualTo(exchange.path("cost_nanos").asLong())
                .isPositive();
        assertThat(metadata.path("estimated_cost")
                        .path("usage")
                        .path("output_tokens")
                        .asLong())
                .isEqualTo(70);
        assertThat(told.path("tool_calls")).hasSize(2);
        assertThat(told.path("tool_calls").path(0).path("params").isObject()).isTrue();
        assertThat(told.path("request_body")).isEqualTo(json(format.body("told", stream, "What of " + name + "?")));
        assertThat(told.path("user_message").asText()).isEqualTo("What of " + name + "?");
        assertThat(told.path("response_body").isObject()).isTrue();
        if (stream) {
            assertThat(told.path("raw_responses").size()).isGreaterThan(4);
        } else {
            assertThat(told.path("response_body")).isEqualTo(json(said.body()));
            assertThat(told.path("raw_responses").path(0)).isEqualTo(json(said.body()));
        }
        Eventually.await(
                SOON,
                () -> assertThat(metadata.path("quotas")
                                .path("pool")
                                .path("current")
                                .asLong())
                        .isEqualTo(stand.get("/api/quotas")
                                .path("buckets")
                                .path(0)
                                .path("balance_nanos")
                                .asLong()));
    }

    @Test
    void callsOfToolsAreToldAndNothingElseIs() {
        ask(TestFormat.CHAT, "tools", true, name(), "events=2");
        var said = ask(TestFormat.CHAT, "tools", true, name(), "tools=1");

        var told = json(arrived("/tools", 1).getFirst().body());
        assertThat(told.path("metadata").path("request_id").asText()).isEqualTo(said.requestId());
        assertThat(told.path("tool_calls")).hasSize(1);
    }

    /** The signature is computed here by what the specification says, without a line of ours. */
    @Test
    void whatFailsIsSentAgainUnderOneIdAndSigned() throws Exception {
        var calls = new AtomicInteger();
        hook.answer("/told", call -> Answer.of(calls.incrementAndGet() < 4 ? 500 : 204));
        var before = settled("told");

        ask(TestFormat.CHAT, "told", false, name(), "");

        var all = arrived("/told", 4);
        assertThat(all)
                .extracting(it -> it.headers().get("webhook-id"))
                .containsOnly(all.getFirst().headers().get("webhook-id"));
        assertThat(all).extracting(Received::body).containsOnly(all.getFirst().body());
        for (var call : all) {
            var mac = Mac.getInstance("HmacSHA256");
            mac.init(new SecretKeySpec(Base64.getDecoder().decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"), "HmacSHA256"));
            var signed = call.headers().get("webhook-id") + "." + call.headers().get("webhook-timestamp") + "."
                    + call.body();
            assertThat(call.headers())
                    .containsEntry(
                            "webhook-signature",
                            "v1,"
                                    + Base64.getEncoder()
                                            .encodeToString(mac.doFinal(signed.getBytes(StandardCharsets.UTF_8))));
        }
        Eventually.await(SOON, () -> {
            var now = status("told");
            assertThat(now.path("queued").asLong()).isZero();
            assertThat(now.path("delivered").asLong())
                    .isEqualTo(before.path("delivered").asLong() + 1);
            assertThat(now.path("failed_attempts").asLong())
                    .isEqualTo(before.path("failed_attempts").asLong() + 3);
            assertThat(now.path("last_error").asText()).isEqualTo("answered with status 500");
        });
    }

    /** One that never answers and one that wants no more: neither callers nor other hooks wait, and what is given up is counted. */
    @Test
    void hooksThatAreStuckHoldUpNobody() throws Exception {
        var stuck = new CountDownLatch(1);
        var requests = 30;
        hook.answer("/stuck", call -> {
            stuck.await();
            return Answer.of(204);
        });
        hook.answer("/gone", call -> Answer.of(410));
        var dead = settled("gone").path("dead_letters").asLong();
        try {
            // Who waited for the one that is stuck would wait until the end of this test.
            for (var i = 0; i < requests; i++) {
                assertThat(ask(TestFormat.CHAT, "many", false, name(), "").status())
                        .isEqualTo(200);
            }
            arrived("/well", requests);
            arrived("/gone", requests);
            Eventually.await(SOON, () -> {
                assertThat(hook.received("/stuck")).as("in flight at one time").hasSize(8);
                assertThat(status("gone").path("dead_letters").asLong()).isEqualTo(dead + requests);
                assertThat(status("stuck").path("queued").asLong()).isEqualTo(requests);
                assertThat(stand.get("/api/hooks").path("dead_letters"))
                        .hasSizeGreaterThanOrEqualTo(requests)
                        .allSatisfy(it -> {
                            assertThat(it.path("hook").asText()).isEqualTo("gone");
                            assertThat(it.path("reason").asText()).contains("410");
                        });
            });
        } finally {
            stuck.countDown();
        }
        Eventually.await(SOON, () -> {
            assertThat(status("stuck").path("queued").asLong()).isZero();
            assertThat(status("stuck").path("dead_letters").asLong()).isZero();
        });
    }

    @Test
    void aHookThatFailsAgainAndAgainIsInTheLogOnceAndWhenItIsWell() {
        hook.answer("/tools", call -> Answer.of(500));
        try (var log = KeptLog.open()) {
            var failed = settled("tools").path("failed_attempts").asLong();
            assertThat(ask(TestFormat.CHAT, "tools", false, name(), "tools=1").status())
                    .isEqualTo(200);
            Eventually.await(
                    SOON,
                    () -> assertThat(status("tools").path("failed_attempts").asLong())
                            .isGreaterThan(failed + 7));
            hook.answer("/tools", call -> Answer.of(204));
            Eventually.await(
                    SOON,
                    () -> assertThat(status("tools").path("queued").asLong()).isZero());

            assertThat(log.events())
                    .filteredOn(event -> event.getKeyValuePairs() != null
                            && event.getKeyValuePairs().toString().contains("hook=\"tools\""))
                    .singleElement()
                    .satisfies(event -> {
                        assertThat(event.getFormattedMessage()).contains("a hook fails", "/api/hooks");
                        assertThat(event.getKeyValuePairs().toString()).contains("answered with status 500");
                    });
        }
    }

    @Test
    void aHookThatNobodyDefinedIsNotTold() {
        assertThat(ask(TestFormat.CHAT, "unheard", false, name(), "").status()).isEqualTo(200);
    }

    // Before.

    @Test
    void guardrailsAreAskedInOrderAndSeeWhatTheOnesBeforeHaveMade() {
        var name = name();
        var rewritten = TestFormat.CHAT.body("guarded", false, "What of nobody?");
        var again = TestFormat.CHAT.body("guarded", false, "And nothing else.");
        hook.answer("/first", call -> Answer.json("{\"action\": \"modify\", \"request_body\": " + rewritten + "}"));
        hook.answer("/second", call -> Answer.json("{\"action\": \"modify\", \"request_body\": " + again + "}"));

        var said = ask(TestFormat.CHAT, "guarded", false, name, "");

        assertThat(said.status()).isEqualTo(200);
        var first = json(hook.received("/first").getFirst().body());
        assertThat(first.path("request_body"))
                .isEqualTo(json(TestFormat.CHAT.body("guarded", false, "What of " + name + "?")));
        assertThat(first.path("user_message").asText()).isEqualTo("What of " + name + "?");
        // What is set aside anew for what they made of it is set aside under another id, which begins alike.
        assertThat(said.requestId())
                .startsWith(first.path("metadata").path("request_id").asText());
        assertThat(first.path("metadata")
                        .path("quotas")
                        .path("pool")
                        .path("capacity")
                        .asLong())
                .isEqualTo(1_000_000_000_000L);
        assertThat(first.path("metadata").path("estimated_cost").path("dollars").asDouble())
                .isPositive();
        assertThat(json(hook.received("/second").getFirst().body()).path("request_body"))
                .isEqualTo(json(rewritten));
        assertThat(stand.simulator().received().getLast().body().utf8String()).isEqualTo(again);
        assertThat(stand.exchange(name).path("outcome").asText()).isEqualTo("completed");
    }

    @ParameterizedTest
    @EnumSource
    void aGuardrailsNoIsToldInTheClientsFormatAndCostsNothing(TestFormat format) {
        var name = name();
        var received = stand.simulator().receivedCount();
        hook.answer("/first", call -> Answer.json("{\"action\": \"allow\"}"));
        hook.answer(
                "/second",
                call -> Answer.json("{\"action\": \"block\", \"status_code\": 451, \"message\": \"not here\"}"));

        var said = ask(format, "guarded", true, name, "");

        assertThat(said.status()).isEqualTo(451);
        assertThat(format.errorMessage(said.body())).isEqualTo("not here");
        assertThat(json(said.body()).path("error").path("type").asText())
                .isEqualTo(format == TestFormat.MESSAGES ? "invalid_request_error" : "guardrail_blocked");
        var exchange = stand.exchange(name);
        assertThat(exchange.path("outcome").asText()).isEqualTo("refused");
        assertThat(exchange.path("refusal").asText()).isEqualTo("GuardrailBlocked");
        assertThat(exchange.path("cost_nanos").asLong()).isZero();
        assertThat(stand.simulator().receivedCount()).isEqualTo(received);
        Eventually.await(SOON, () -> assertThat(reserved()).isZero());
    }

    @ParameterizedTest
    @ValueSource(strings = {"status", "reply", "silence", "reset"})
    void oneThatGivesNoAnswerIsPassedOrNotAsItsPolicySays(String failure) {
        for (var path : List.of("/open", "/closed")) {
            hook.answer(path, call -> switch (failure) {
                case "status" -> Answer.of(500);
                case "reply" -> Answer.json("{\"action\": \"perhaps\"}");
                case "silence" -> {
                    new CountDownLatch(1).await(2, TimeUnit.SECONDS);
                    yield Answer.of(204);
                }
                default -> throw new IOException("a test");
            });
        }

        assertThat(ask(TestFormat.CHAT, "open", false, name(), "").status()).isEqualTo(200);
        var closed = ask(TestFormat.CHAT, "closed", false, name(), "");
        assertThat(closed.status()).isEqualTo(503);
        assertThat(TestFormat.CHAT.errorMessage(closed.body())).isEqualTo("guardrail \"closed\": it gave no answer");
        Eventually.await(SOON, () -> assertThat(reserved()).isZero());
    }

    @ParameterizedTest
    @ValueSource(strings = {"refusing", "undefined"})
    void oneThatNobodyCanAskRefuses(String model) {
        assertThat(ask(TestFormat.CHAT, model, false, name(), "").status()).isEqualTo(503);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"model\": \"told\", \"stream\": false, \"messages\": []}",
                "{\"model\": \"guarded\", \"stream\": true, \"messages\": []}",
                "{\"stream\": false, \"messages\": []}",
                "{\"model\": \"guarded\", \"model\": \"told\", \"messages\": []}",
            })
    void aRequestThatWasMadeIntoAnotherIsNotSent(String body) {
        hook.answer("/first", call -> Answer.json("{\"action\": \"modify\", \"request_body\": " + body + "}"));
        hook.answer("/second", call -> Answer.json("{\"action\": \"allow\"}"));
        var received = stand.simulator().receivedCount();

        var status = ask(TestFormat.CHAT, "guarded", false, name(), "").status();

        assertThat(status).isIn(502, 503);
        assertThat(stand.simulator().receivedCount()).isEqualTo(received);
        Eventually.await(SOON, () -> assertThat(reserved()).isZero());
    }

    @Test
    void guardrailsAreAskedOnceWhateverIsTriedAfterwards() {
        hook.answer("/first", call -> Answer.json("{\"action\": \"allow\"}"));
        hook.answer("/second", call -> Answer.json("{\"action\": \"allow\"}"));
        var received = stand.simulator().receivedCount();

        var said = ask(TestFormat.CHAT, "guarded", false, name(), "fault=503; times=1");

        assertThat(said.status()).isEqualTo(200);
        assertThat(stand.simulator().receivedCount()).isEqualTo(received + 2);
        assertThat(hook.received("/first")).hasSize(1);
        assertThat(hook.received("/second")).hasSize(1);
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aClientThatHangsUpWhileOneIsAskedLeavesNothingBehind(boolean reset) throws Exception {
        var name = name();
        var answered = new CountDownLatch(1);
        hook.answer("/first", call -> {
            answered.await();
            return Answer.json("{\"action\": \"allow\"}");
        });
        var received = stand.simulator().receivedCount();
        RawHttp http = stand.open()
                .post("/v1/chat/completions", TestFormat.CHAT.body("guarded", true, "hi"), Stand.headers(name, ""));
        try {
            arrived("/first", 1);
            Eventually.await(SOON, () -> assertThat(reserved()).isPositive());
            if (reset) {
                http.reset();
            } else {
                http.hangUp();
            }
            Eventually.await(SOON, () -> assertThat(reserved()).isZero());
        } finally {
            answered.countDown();
            http.close();
        }
        var exchange = stand.exchange(name);
        assertThat(exchange.path("outcome").asText()).isEqualTo("client_cancelled");
        assertThat(exchange.path("cost_nanos").asLong()).isZero();
        assertThat(stand.simulator().receivedCount()).isEqualTo(received);
        assertThat(hook.received("/second")).isEmpty();
    }

    // Retention.

    @Test
    void whereNothingIsKeptNothingIsWrittenAndHooksAreToldAllTheSame(@TempDir Path elsewhere) throws Exception {
        var policy = POLICY.replaceFirst(
                "\\{",
                "{ \"database\": { \"retention\": { \"duration\": \"0\", \"purge\": [\"captures\", \"tools\"] } },");
        var calls = new ConcurrentHashMap<String, Integer>();
        hook.answer(
                "/told",
                call -> Answer.of(calls.merge(call.headers().get("webhook-id"), 1, Integer::sum) < 3 ? 500 : 204));
        try (var strict = Stand.start(
                elsewhere,
                sim -> policy.replace("SIM", sim).replace("HOOK", hook.url()),
                Map.of("sluice.hooks.first-pause", "20ms"))) {
            for (var model : List.of("told", "tools")) {
                try (var http = strict.open()
                        .post(
                                "/v1/chat/completions",
                                TestFormat.CHAT.body(model, false, "the secret of the weir"),
                                Stand.headers("strict", "tools=1"))) {
                    assertThat(http.readHead().status()).isEqualTo(200);
                    http.readRest();
                }
            }
            var told = json(arrived("/told", 3).getFirst().body());
            assertThat(told.path("user_message").asText()).isEqualTo("the secret of the weir");
            assertThat(told.path("tool_calls")).isEmpty();
            assertThat(hook.received("/tools")).isEmpty();
            try (var files = Files.list(elsewhere)) {
                for (var file : files.filter(it -> it.getFileName().toString().startsWith("hooks.db"))
                        .toList()) {
                    assertThat(new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1))
                            .as(file.toString())
                            .doesNotContain("secret of the weir");
                }
            }
        }
    }
}
