package dev.sluice.config;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.entry;

import dev.sluice.config.ConnectorRule.ApiKey;
import dev.sluice.config.ConnectorRule.AuthorizationCode;
import dev.sluice.config.ConnectorRule.Basic;
import dev.sluice.config.ConnectorRule.BearerToken;
import dev.sluice.config.ConnectorRule.ClientCredentials;
import dev.sluice.config.ConnectorRule.DynamicRegistration;
import dev.sluice.config.ConnectorRule.KeyPlace;
import dev.sluice.config.ConnectorRule.NoAuth;
import dev.sluice.config.ConnectorRule.Protocol;
import dev.sluice.config.DatabaseRule.FilterableHeader;
import dev.sluice.config.DatabaseRule.Purge;
import dev.sluice.config.GrantRule.Capability;
import dev.sluice.config.GrantRule.Cors;
import dev.sluice.config.GrantRule.Extras;
import dev.sluice.config.GrantRule.HookDatum;
import dev.sluice.config.GrantRule.HookEvent;
import dev.sluice.config.GrantRule.Match;
import dev.sluice.config.GrantRule.SendHook;
import dev.sluice.config.ProviderRule.AuthMode;
import dev.sluice.config.ProviderRule.Authorization;
import java.math.BigDecimal;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** One document with every key there is, and what becomes of each. */
class EveryKeyTest {
    private static final PolicyReading reading = Documents.read(Documents.text("every-key"));
    private static final Policy policy =
            requireNonNull(reading.policy(), () -> reading.findings().toString());

    @Test
    void readsThemWithoutAWord() {
        assertThat(reading.findings()).isEmpty();
    }

    @Test
    void keepsGrantsWithAllThatTheyGrant() {
        var grant = policy.grants().getFirst();

        assertThat(grant.src()).containsExactly("alice@example.com", "tag:ci,tag:prod", "group:eng", "(loopback)");
        assertThat(grant.window())
                .isEqualTo(new Window(Instant.parse("2026-01-01T00:00:00Z"), Instant.parse("2027-01-01T00:00:00Z")));
        assertThat(grant.custom())
                .containsExactly(
                        entry("example.com/cap/tier", List.of(Map.of("tier", "gold", "max", new BigDecimal(2)))));
        assertThat(grant.capabilities())
                .containsExactly(
                        new Capability("admin", null, List.of(), List.of()),
                        new Capability(
                                null,
                                List.of("cloud/**", "*/qwen*"),
                                List.of("daily:<user>", "pool"),
                                List.of(Map.entry("X-Team", "core")),
                                List.of(
                                        new SendHook(
                                                "guard",
                                                Set.of(HookEvent.PRE_REQUEST),
                                                Set.of(
                                                        HookDatum.USER_MESSAGE,
                                                        HookDatum.REQUEST_BODY,
                                                        HookDatum.GRANTS,
                                                        HookDatum.QUOTAS),
                                                null),
                                        new SendHook(
                                                "audit",
                                                Set.of(HookEvent.ENTIRE_REQUEST, HookEvent.TOOL_CALL_ENTIRE_REQUEST),
                                                Set.of(
                                                        HookDatum.TOOLS,
                                                        HookDatum.RESPONSE_BODY,
                                                        HookDatum.RAW_RESPONSES,
                                                        HookDatum.ESTIMATED_COST),
                                                null)),
                                Extras.NONE),
                        new Capability(
                                null,
                                List.of("cloud/a", "cloud/b", "signed/c"),
                                List.of(),
                                List.of(),
                                List.of(),
                                new Extras(
                                        List.of("local/*", "internal/*"),
                                        List.of("**"),
                                        List.of("auto1/*"),
                                        List.of("wiki/tools/*", "api/proxy/v1/**", "**", "label:docs", "label:system"),
                                        true,
                                        true,
                                        true,
                                        new Cors(
                                                List.of("/v1/*"),
                                                "https://app.example.com",
                                                "GET, POST",
                                                "content-type"),
                                        Map.of(
                                                "filterable_headers",
                                                List.of("x-team"),
                                                "skills",
                                                Map.of("any", true),
                                                "direct_paths",
                                                List.of("/v1/files")))));
    }

    @Test
    void keepsGrantsByTheOlderSyntaxAsIfTheyWereByTheOther() {
        assertThat(policy.grants()).hasSize(2);
        assertThat(policy.grants().getLast())
                .isEqualTo(new GrantRule(
                        List.of("*"),
                        List.of(
                                new Capability("user", null, List.of(), List.of()),
                                new Capability(
                                        null,
                                        List.of("cloud/claude-sonnet-4-5", "signed/**", "*/**"),
                                        List.of(),
                                        List.of()),
                                new Capability(
                                        null,
                                        null,
                                        List.of(),
                                        List.of(),
                                        List.of(new SendHook(
                                                "audit",
                                                Set.of(HookEvent.TOOL_CALL_ENTIRE_REQUEST),
                                                Set.of(
                                                        HookDatum.TOOLS,
                                                        HookDatum.REQUEST_BODY,
                                                        HookDatum.RESPONSE_BODY),
                                                new Match(List.of("cloud", "signed"), List.of("**", "a")))),
                                        Extras.NONE)),
                        Map.of(),
                        new Window(Instant.parse("2026-02-01T00:00:00Z"), Instant.parse("2026-03-01T00:00:00Z"))));
    }

    @Test
    void keepsQuotas() {
        assertThat(policy.quotas().values())
                .containsExactly(
                        new QuotaRule(
                                "daily:<user>", 10_000_000_000L, 5_000_000_000L, Duration.ofDays(1), "$5.00/day", true),
                        new QuotaRule("device:<node>", 0, 10_000_000L, Duration.ofMinutes(1), "$0.01/min", false),
                        new QuotaRule(
                                "pool",
                                2_000_000_000_000L,
                                2_000_123_456_789L,
                                Duration.ofDays(30),
                                "$2000.123456789/month",
                                false,
                                12_500_000_000L));
    }

    @Test
    void keepsHooks() {
        assertThat(policy.hooks().values())
                .containsExactly(
                        new HookRule(
                                "guard",
                                "https://guard.example.com/check?team=core",
                                Secret.of("k-guard"),
                                Authorization.HEC,
                                Duration.ofMillis(90_500),
                                false,
                                true,
                                7,
                                Secret.of("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")),
                        new HookRule(
                                "audit",
                                "http://audit_log:8000",
                                Secret.of(""),
                                Authorization.BEARER,
                                Duration.ZERO,
                                true,
                                false,
                                0,
                                Secret.of("")));
    }

    @Test
    void keepsExportersAndCapsTheirLimit() {
        assertThat(policy.s3())
                .isEqualTo(new S3Rule(
                        "https://minio.example.com:9000",
                        "exports",
                        "eu-central-1",
                        "prod/sluice",
                        "AKIA",
                        Secret.of("k-s3"),
                        Duration.ofMinutes(1),
                        2500,
                        false,
                        ExportFormat.JSONL_ZST));
    }

    @Test
    void keepsServersAndConnectors() {
        assertThat(policy.mcp()).isEqualTo(new McpRule(true, Map.of("local", "http://127.0.0.1:9000/mcp")));
        assertThat(policy.connectors().get("wiki"))
                .isEqualTo(new ConnectorRule(
                        "wiki",
                        Protocol.MCP,
                        "https://wiki.example.com/mcp?v=1",
                        "Wiki",
                        "The wiki",
                        "Search before you ask.",
                        new BearerToken(Secret.of("k-wiki")),
                        List.of("docs", "shared")));
        assertThat(policy.connectors().get("api"))
                .isEqualTo(new ConnectorRule(
                        "api",
                        Protocol.HTTP,
                        "https://api.example.com",
                        "Custom",
                        "",
                        "",
                        new ApiKey(Secret.of("k-api"), "X-Key", KeyPlace.HEADER),
                        List.of()));
        assertThat(policy.connectors().values())
                .extracting(ConnectorRule::auth)
                .endsWith(
                        new Basic("u", Secret.of("k-old")),
                        new ClientCredentials(
                                "c", Secret.of("k-machine"), "https://m.example.com/token", List.of("read")),
                        new AuthorizationCode(
                                "c",
                                Secret.of("k-person"),
                                "https://p.example.com/authorize",
                                "https://p.example.com/token",
                                List.of("read", "write")),
                        new DynamicRegistration(List.of("all")),
                        new NoAuth());
    }

    @Test
    void keepsWhatIsKept() {
        assertThat(policy.database())
                .isEqualTo(new DatabaseRule(
                        Duration.ofDays(30),
                        true,
                        Set.of(Purge.CAPTURES, Purge.TOOLS),
                        List.of(new FilterableHeader("x-team", true), new FilterableHeader("x-request-id", false)),
                        true,
                        true));
    }

    @Test
    void keepsTheRest() {
        assertThat(policy.autoCostBasis()).isFalse();
        assertThat(policy.fallbacks()).containsExactly(entry("cloud/a", List.of("signed/c")));
        assertThat(policy.prices())
                .containsExactly(entry("my-model", Map.of("input_cost_per_token", new BigDecimal("0.0000015"))));
        assertThat(policy.flags()).containsExactly(entry("connectors", true), entry("chat_ui", false));
        assertThat(policy.chatModels()).containsExactly("cloud/a", Map.of("id", "b"));
    }

    @Test
    void keepsProviders() {
        assertThat(policy.providers().values())
                .containsExactly(
                        new ProviderRule(
                                "cloud",
                                "https://cloud.example.com/v1",
                                List.of("a", "b", "claude-*"),
                                new CredentialRule.Keys(
                                        List.of(Secret.of("k-1"), Secret.of("k-2")), Authorization.X_GOOG_API_KEY),
                                AuthMode.PASSTHROUGH,
                                "Cloud",
                                "All of it",
                                Set.of(
                                        "openai_responses",
                                        "anthropic_messages",
                                        "gemini_generate_content",
                                        "bedrock_model_invoke",
                                        "google_generate_content",
                                        "google_raw_predict",
                                        "bedrock_converse",
                                        "experimental_gemini_cli_vertex_compat"),
                                "vertex",
                                List.of(new ProviderRule.CostMapping("a*", "gpt-5", new BigDecimal("1.1"))),
                                List.of(Map.entry("X-Org", "1")),
                                -3,
                                true,
                                8,
                                "bedrock-mantle"),
                        new ProviderRule(
                                "signed",
                                "https://proxy.example.com",
                                List.of("c", "qwen3"),
                                new CredentialRule.AwsSignature("eu-west-1", "bedrock", "work"),
                                AuthMode.OVERRIDE,
                                "",
                                "",
                                Set.of("openai_chat"),
                                null,
                                List.of(),
                                List.of(),
                                0,
                                false,
                                0,
                                ""));
    }

    @Test
    void givesEveryOtherSectionItsDefault() {
        var empty = Documents.policy("{}");

        assertThat(empty)
                .isEqualTo(new Policy(
                        Map.of(),
                        List.of(),
                        List.of(),
                        Map.of(),
                        true,
                        Map.of(),
                        Map.of(),
                        Map.of(),
                        null,
                        new McpRule(false, Map.of()),
                        Map.of(),
                        new DatabaseRule(null, false, Set.of(Purge.CAPTURES), List.of(), false, false),
                        Map.of(),
                        List.of()));
        assertThat(Documents.policy("{\"exporters\": {\"s3\": {\"bucket_name\": \"b\"}}}")
                        .s3())
                .isEqualTo(new S3Rule(
                        "",
                        "b",
                        "us-east-1",
                        "",
                        "",
                        Secret.of(""),
                        Duration.ofHours(1),
                        1000,
                        false,
                        ExportFormat.CBOR_ZSTD));
        assertThat(Documents.policy("{\"hooks\": {\"h\": {\"url\": \"http://h\"}}}")
                        .hooks()
                        .get("h"))
                .isEqualTo(new HookRule(
                        "h",
                        "http://h",
                        Secret.of(""),
                        Authorization.BEARER,
                        Duration.ofSeconds(5),
                        false,
                        false,
                        0,
                        Secret.of("")));
    }

    @Test
    void printsNoSecret() {
        assertThat(policy.toString())
                .contains("***")
                .doesNotContain(
                        "k-1",
                        "k-2",
                        "k-guard",
                        "MfKQ9r8G",
                        "k-s3",
                        "k-wiki",
                        "k-api",
                        "k-old",
                        "k-machine",
                        "k-person");
    }
}
