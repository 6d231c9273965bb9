package dev.sluice.admin;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.sluice.gate.FakeAudit;
import dev.sluice.gate.Gate;
import dev.sluice.gate.Visitors;
import dev.sluice.session.Exchange.Outcome;
import dev.sluice.usage.Reports.By;
import dev.sluice.usage.Reports.Filter;
import dev.sluice.usage.Reports.Order;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Random;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.http.javadsl.model.ContentTypes;
import org.apache.pekko.http.javadsl.model.HttpEntities;
import org.apache.pekko.http.javadsl.model.HttpRequest;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.http.javadsl.model.headers.RawHeader;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What reports ask the ledger for whom, and what they refuse. */
class ReportEndpointsTest {
    private static final ActorTestKit kit = ActorTestKit.create();
    private static final ObjectMapper json = new ObjectMapper();
    private static final InstantSource NOON = InstantSource.fixed(Instant.parse("2026-11-21T12:00:00Z"));

    private final FakeLedger ledger = new FakeLedger();
    private final FakeAudit audit = new FakeAudit();
    private final Gate gate = new Gate(
            AdminEndpoints.all(
                    new FakePolicies(),
                    new FakeQuota(),
                    ledger,
                    new FakeCaptures(),
                    new FakeProviders(),
                    new FakeKeys(),
                    audit,
                    new FakeHooks(),
                    NOON,
                    kit.system(),
                    List.of()),
            new Visitors(),
            () -> Visitors.under(new AdminEndpointsTest.TwoBuckets(), new AdminEndpointsTest.OneModel()),
            audit,
            kit.system(),
            new Random(1));

    @AfterAll
    static void stop() {
        kit.shutdownTestKit();
    }

    @Test
    void asksForTheLastThirtyDaysUnlessTold() {
        get("/api/usage", "root");

        var asked = ledger.questions.getLast();
        assertThat(asked.span().from()).isEqualTo("2026-10-23T00:00:00Z");
        assertThat(asked.span().to()).isEqualTo("2026-11-22T00:00:00Z");
        assertThat(asked.filter()).isEqualTo(Filter.NONE);
        assertThat(asked.by()).containsExactly(By.DAY);
        assertThat(asked.order()).isEqualTo(Order.COST);
    }

    @Test
    void asksForWhatItIsTold() {
        get(
                "/api/usage?from=2026-11-01&to=2026-11-02&group=model,user&user=bob&model=m&provider=p&agent=a&sort=tokens",
                "root");

        var asked = ledger.questions.getLast();
        assertThat(asked.span().from()).isEqualTo("2026-11-01T00:00:00Z");
        assertThat(asked.span().to()).isEqualTo("2026-11-03T00:00:00Z");
        assertThat(asked.filter()).isEqualTo(new Filter("bob", "m", "p", "a", null));
        assertThat(asked.by()).containsExactlyInAnyOrder(By.MODEL, By.USER);
        assertThat(asked.order()).isEqualTo(Order.TOKENS);
    }

    @Test
    void asksTheLogsForWhatTheyAreTold() {
        get(
                "/api/logs?status=4xx&outcome=refused&session=s&stream=false&min_cost=0.5&tool=t&from=2026-11-01T10:00:00.5Z",
                "root");

        var asked = ledger.logged.getLast();
        assertThat(asked.status()).isEqualTo(4);
        assertThat(asked.outcome()).isEqualTo(Outcome.REFUSED);
        assertThat(asked.session()).isEqualTo("s");
        assertThat(asked.stream()).isFalse();
        assertThat(asked.minCostNanos()).isEqualTo(500_000_000);
        assertThat(asked.filter().tool()).isEqualTo("t");
        assertThat(asked.span().from()).isEqualTo("2026-11-01T10:00:00.5Z");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/api/usage?group=user,model",
                "/api/usage?user=alice",
                "/api/tool-calls",
                "/api/logs",
                "/api/logs.csv",
                "/api/tool-calls/latest",
                "/api/users/alice/usage"
            })
    void asksOnlyAboutWhoIsNoAdministratorThemselves(String path) {
        var answer = get(path, "alice");

        assertThat(answer.status().intValue()).isEqualTo(200);
        text(answer); // what is streamed is asked for when it is read
        assertThat(ledger.questions)
                .allSatisfy(asked -> assertThat(asked.filter().user()).isEqualTo("alice"));
        assertThat(ledger.logged)
                .allSatisfy(asked -> assertThat(asked.filter().user()).isEqualTo("alice"));
        assertThat(ledger.questions.size() + ledger.logged.size()).isPositive();
    }

    @Test
    void tellsWhoIsNoAdministratorWhenTheyWereThere() {
        get("/api/activity", "alice");
        get("/api/activity", "root");

        assertThat(ledger.asked).extracting(FakeLedger.Asked::login).containsExactly("alice", null);
    }

    @ParameterizedTest
    @CsvSource({
        "/api/usage?user=bob, 403",
        "/api/usage?user=nobody-at-all, 403",
        "/api/logs?user=bob, 403",
        "/api/logs.csv?user=bob, 403",
        "/api/tool-calls?user=bob, 403",
        "/api/tool-calls/latest?user=bob, 403",
        "/api/activity?user=bob, 403",
        "/api/users/bob/usage, 404",
        "/api/usage.csv, 403",
        "/api/ledger, 403",
    })
    void tellsNobodyAboutOthers(String path, int status) {
        assertThat(get(path, "alice").status().intValue()).isEqualTo(status);
        assertThat(ledger.questions).isEmpty();
        assertThat(ledger.logged).isEmpty();
        assertThat(ledger.asked).isEmpty();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "/api/usage?group=week | group: \"week\" (expected: some of agent,day,hour,model,provider,user)",
                "/api/usage?group=day,hour | group: hour and day (expected: one of them)",
                "/api/usage?group= | group: \"\" (expected: some of agent,day,hour,model,provider,user)",
                "/api/usage?from=yesterday | from: \"yesterday\" (expected: a day or a time, for example 2026-01-31 or 2026-01-31T12:00:00Z)",
                "/api/usage?from=1960-01-01 | from: \"1960-01-01\" (expected: a day or a time, for example 2026-01-31 or 2026-01-31T12:00:00Z)",
                "/api/usage?from=+999999999-12-31 | from: \" 999999999-12-31\" (expected: a day or a time, for example 2026-01-31 or 2026-01-31T12:00:00Z)",
                "/api/usage?from=2026-11-05&to=2026-11-01 | from: 2026-11-05T00:00:00Z (expected: before to, 2026-11-02T00:00:00Z)",
                "/api/usage?from=2020-01-01 | from, to: 2020-01-01T00:00:00Z to 2026-11-22T00:00:00Z (expected: at most 400 days at a time)",
                "/api/usage?from=2026-11-05T01:00:00Z | from: 2026-11-05T01:00:00Z (expected: a whole day, in UTC)",
                "/api/usage?group=hour&from=2026-11-01 | from, to: 2026-11-01T00:00:00Z to 2026-11-22T00:00:00Z (expected: at most 8 days at a time)",
                "/api/usage?group=hour&from=2026-11-21T01:30:00Z | from: 2026-11-21T01:30:00Z (expected: a whole hour, in UTC)",
                "/api/usage?sort=name | sort: \"name\" (expected: cost, requests or tokens)",
                "/api/usage?limit=5001 | limit: \"5001\" (expected: 1 to 5000)",
                "/api/usage?limit=5000&group=user,model | limit: 5000 (expected: at most 1000 with users)",
                "/api/usage?after=1.2 | after: \"1.2\" (expected: what a page gave as next)",
                "/api/usage?after=1.2.3.4.5.9999999999 | after: \"1.2.3.4.5.9999999999\" (expected: what a page gave as next)",
                "/api/usage?model=a&model=b | model: given twice",
                "/api/logs?status=600 | status: \"600\" (expected: a status, 429, or a class of them, 4xx)",
                "/api/logs?outcome=fine | outcome: \"fine\" (expected: completed, client_cancelled, upstream_truncated, upstream_error, refused, lost)",
                "/api/logs?stream=maybe | stream: \"maybe\" (expected: true or false)",
                "/api/logs?min_cost=-1 | min_cost: \"-1\" (expected: dollars above zero, for example \"$5.00\")",
                "/api/logs?before=x | before: \"x\" (expected: a number that a page gave)",
                "/api/logs?limit=501 | limit: \"501\" (expected: 1 to 500)",
                "/api/tool-calls?group=hour&user=bob | group: hour with a user (expected: day, or nobody in particular)",
                "/api/tool-calls?group=provider | group: \"provider\" (expected: some of day,hour,model,tool,user)",
            })
    void saysWhatIsWrong(String path, String message) {
        var answer = get(path, "root");

        assertThat(answer.status().intValue()).isEqualTo(400);
        assertThat(tree(answer).path("error").asText()).isEqualTo(message);
    }

    @Test
    void refusesNamesLongerThanAnyName() {
        for (var name : List.of("user", "model", "provider", "agent")) {
            assertThat(get("/api/usage?" + name + "=" + "x".repeat(513), "root")
                            .status()
                            .intValue())
                    .isEqualTo(400);
        }
    }

    @Test
    void streamsWhatItHasPageByPage() {
        var answer = get("/api/usage.csv?from=2020-01-01", "root");

        assertThat(answer.entity().getContentType()).hasToString("text/csv; charset=UTF-8");
        assertThat(text(answer))
                .isEqualTo(
                        "date,user,model,provider,agent,requests,input_tokens,cached_input_tokens,cache_write_tokens,"
                                + "output_tokens,reasoning_tokens,total_tokens,cost_usd,unpriced,errors\r\n"
                                + "2026-11-21,alice,claude,anthropic,'=cmd,2,100,20,3,30,10,153,0.001250000,1,1\r\n");
        assertThat(ledger.questions).as("an empty page is not the last").hasSize(2);
    }

    @Test
    void tellsWhatAMillionTokensCost() {
        var usage = tree(get("/api/usage", "root"));

        // 1250000 nanodollars for 153 tokens
        assertThat(usage.at("/totals/average_per_million").asText()).isEqualTo("$8.169934641");
    }

    @Test
    void keepsInTheAuditLogThatTheLedgerIsBuiltAnew() {
        var answer = gate.handle(
                        Visitors.PEER,
                        HttpRequest.POST("/api/ledger:rebuild")
                                .addHeader(RawHeader.create(Visitors.HEADER, "root"))
                                .withEntity(HttpEntities.create(ContentTypes.APPLICATION_JSON, "{}")))
                .toCompletableFuture()
                .join();

        assertThat(answer.status().intValue()).isEqualTo(200);
        assertThat(audit.lines).containsExactly("begin root POST /api/ledger:rebuild", "end 200 {}");
    }

    private HttpResponse get(String path, String visitor) {
        return gate.handle(Visitors.PEER, HttpRequest.GET(path).addHeader(RawHeader.create(Visitors.HEADER, visitor)))
                .toCompletableFuture()
                .join();
    }

    private static String text(HttpResponse answer) {
        return answer.entity()
                .toStrict(10_000, kit.system())
                .toCompletableFuture()
                .join()
                .getData()
                .utf8String();
    }

    private static JsonNode tree(HttpResponse answer) {
        try {
            return json.readTree(text(answer));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
