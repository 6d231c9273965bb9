package dev.sluice.config;

import static dev.sluice.config.Finding.Severity.ERROR;
import static dev.sluice.config.Finding.Severity.WARNING;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.entry;
import static org.assertj.core.api.Assertions.tuple;

import dev.sluice.config.GrantPlace.CapabilityPlace;
import dev.sluice.config.GrantRule.Capability;
import dev.sluice.config.GrantRule.Extras;
import dev.sluice.config.GrantRule.HookDatum;
import dev.sluice.config.GrantRule.HookEvent;
import dev.sluice.config.GrantRule.SendHook;
import dev.sluice.config.ProviderRule.Authorization;
import dev.sluice.config.ProviderRule.CostMapping;
import java.math.BigDecimal;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class PolicyDocumentTest {
    @Test
    void readsTheDocumentedCompleteExample() {
        var reading = read(Documents.text("complete"));

        var policy = requireNonNull(reading.policy());
        assertThat(messages(reading))
                .containsExactly("provider private has invalid baseurl (must be http:// or https:// with a host, and "
                        + "without credentials or query): YOUR_PRIVATE_LLM_URL");
        assertThat(policy.providers()).containsOnlyKeys("openai", "anthropic", "gemini");
        assertThat(keys(reading, "gemini").authorization()).isEqualTo(Authorization.X_GOOG_API_KEY);
        assertThat(policy.grants())
                .containsExactly(
                        new GrantRule(
                                List.of("*"),
                                List.of(
                                        new Capability("user", null, List.of(), List.of()),
                                        new Capability(
                                                null,
                                                List.of("**"),
                                                List.of("daily:<user>", "org-monthly"),
                                                List.of())),
                                Map.of()),
                        new GrantRule(
                                List.of("admin@company.com"),
                                List.of(
                                        new Capability("admin", null, List.of(), List.of()),
                                        new Capability(
                                                null,
                                                List.of("**"),
                                                List.of(),
                                                List.of(),
                                                List.of(new SendHook(
                                                        "oso",
                                                        Set.of(HookEvent.TOOL_CALL_ENTIRE_REQUEST),
                                                        Set.of(HookDatum.TOOLS, HookDatum.ESTIMATED_COST),
                                                        null)),
                                                Extras.NONE)),
                                Map.of()));
        assertThat(policy.quotas())
                .containsExactly(
                        entry("daily:<user>", daily(false)),
                        entry(
                                "org-monthly",
                                new QuotaRule(
                                        "org-monthly",
                                        2_000_000_000_000L,
                                        2_000_000_000_000L,
                                        Duration.ofDays(30),
                                        "$2000.00/month",
                                        false)));
        assertThat(policy.autoCostBasis()).isTrue();
    }

    @Test
    void readsTheDocumentedDefaultWithoutAnyFinding() {
        var reading = read(Documents.text("default"));

        assertThat(reading.findings()).isEmpty();
        var policy = requireNonNull(reading.policy());
        assertThat(provider(reading, "openai").compatibility())
                .containsExactlyInAnyOrder("openai_chat", "openai_responses");
        assertThat(provider(reading, "anthropic").compatibility()).containsExactly("anthropic_messages");
        assertThat(policy.grants()).hasSize(4);
    }

    @Test
    void readsTheDocumentedMinimumAndWarnsThatNobodyMayUseIt() {
        var reading = read(Documents.text("minimal"));

        assertThat(messages(reading))
                .containsExactly(
                        "providers are configured but no grants or temp_grants defined; all access will be denied",
                        "no grant in grants or temp_grants assigns role:admin; nobody will be able to manage this "
                                + "instance unless admin is granted via tsnet ACL policy");
        var anthropic = provider(reading, "anthropic");
        assertThat(keys(reading, "anthropic").keys()).containsExactly(Secret.of("YOUR_ANTHROPIC_API_KEY"));
        assertThat(anthropic.models()).containsExactly("claude-sonnet-4-5", "claude-opus-4-5");
    }

    @Test
    void readsEveryFieldOfAProvider() {
        var reading = read("""
                {"providers": {"p": {
                  "baseurl": "http://my_host:8000/v1", "models": ["a", "b/c", "d*"], "apikey": "k",
                  "authorization": "x-goog-api-key", "name": "P", "description": "D", "compatibility": {"openai_responses": true},
                  "cost_basis": "bedrock-ap", "model_cost_map": [{"match": "a*", "as": "b"}, {"match": "c", "as": "d", "adjustment": 1.1}],
                  "add_headers": ["X-Team: core: a"], "preference": -3, "disabled": true, "auth_mode": "",
                }}, %s}
                """.formatted(ADMIN));

        assertThat(reading.findings()).isEmpty();
        assertThat(requireNonNull(reading.policy()).providers())
                .containsExactly(entry(
                        "p",
                        new ProviderRule(
                                "p",
                                "http://my_host:8000/v1",
                                List.of("a", "b/c", "d*"),
                                Secret.of("k"),
                                Authorization.X_GOOG_API_KEY,
                                "P",
                                "D",
                                Set.of("openai_responses"),
                                "bedrock-ap",
                                List.of(
                                        new CostMapping("a*", "b", BigDecimal.ONE),
                                        new CostMapping("c", "d", new BigDecimal("1.1"))),
                                List.of(Map.entry("X-Team", "core: a")),
                                -3,
                                true)));
    }

    @Test
    void readsAProvidersOwnLimitOfOpenRequestsAndReportsOneThatIsNone() {
        assertThat(limit("7")).isEqualTo(7);
        assertThat(read(provider("\"max_open_requests\": 7")).findings()).isEmpty();
        for (var none : List.of("0", "-1", "1.5", "\"many\"")) {
            assertThat(limit(none)).as(none).isZero();
            assertThat(read(provider("\"max_open_requests\": " + none)).findings())
                    .as(none)
                    .singleElement()
                    .satisfies(finding -> assertThat(finding.message()).contains("max_open_requests"));
        }
    }

    private static int limit(String written) {
        var policy = requireNonNull(
                read(provider("\"max_open_requests\": " + written)).policy());
        return requireNonNull(policy.providers().get("p")).maxOpenRequests();
    }

    private static String provider(String key) {
        return "{\"providers\": {\"p\": {\"baseurl\": \"http://h\", " + key + "}}, " + ADMIN + "}";
    }

    @Test
    void givesEveryKeyItsDefault() {
        var reading = read("""
                {"providers": {"p": {"baseurl": "http://h"}}, "quotas": {"q": {"capacity": "$1", "rate": "$2/hour"}},
                 "grants": [{}, {"app": {"tailscale.com/cap/aperture": [{}]}}]}
                """);

        assertThat(reading.policy())
                .usingRecursiveComparison()
                .usingOverriddenEquals()
                .ignoringFields("grantPlaces")
                .isEqualTo(new Policy(
                        Map.of(
                                "p",
                                new ProviderRule(
                                        "p",
                                        "http://h",
                                        List.of(),
                                        Secret.of(""),
                                        Authorization.BEARER,
                                        "",
                                        "",
                                        Set.of("openai_chat"),
                                        null,
                                        List.of(),
                                        List.of(),
                                        0,
                                        false)),
                        List.of(
                                new GrantRule(List.of(), List.of(), Map.of()),
                                new GrantRule(
                                        List.of(),
                                        List.of(new Capability(null, null, List.of(), List.of())),
                                        Map.of())),
                        Map.of(
                                "q",
                                new QuotaRule(
                                        "q", 1_000_000_000, 2_000_000_000, Duration.ofHours(1), "$2/hour", false)),
                        true,
                        Map.of(),
                        Map.of()));
    }

    @Test
    void readsFallbacksAndLeavesOutWhatLeadsNowhere() {
        var reading = read("""
                {"providers": {"a": {"baseurl": "http://a", "models": ["m"]}, "b": {"baseurl": "http://b", "models": ["x/n"]}},
                 "fallbacks": {
                   "a/m": ["b/x/n", "c/m", "a/m", "m", "b/x/n"],
                   "m": ["b/x/n"],
                   "b/x/n": ["c/m"]}}
                """);

        assertThat(Objects.requireNonNull(reading.policy()).fallbacks()).isEqualTo(Map.of("a/m", List.of("b/x/n")));
        assertThat(reading.findings())
                .extracting(Finding::message)
                .filteredOn(message -> message.startsWith("fallbacks"))
                .hasSize(5)
                .contains(
                        "fallbacks.a/m: \"c/m\" is left out (expected: provider/model of a provider that is defined)",
                        "fallbacks.m: left out (expected: provider/model)");
    }

    @ParameterizedTest
    @CsvSource({
        "'', 0",
        "', \"on_storage_failure\": \"deny\"', 0",
        "', \"on_storage_failure\": \"$0.000000001\"', 1",
        "', \"on_storage_failure\": \"$10\"', 10000000000"
    })
    void readsWhatAQuotaMayLetThroughWithoutItsStorage(String key, long graceNanos) {
        var reading = read("{%s, %s, \"quotas\": {\"q\": {\"capacity\": \"$10\", \"rate\": \"$1/day\"%s}}}"
                .formatted(ADMIN, PROVIDER, key));

        assertThat(requireNonNull(reading.policy()).quotas().get("q"))
                .extracting(QuotaRule::graceNanos)
                .isEqualTo(graceNanos);
    }

    @Test
    void readsTheKeysThatAreOurs() {
        var reading = read("""
                {"quotas": {"daily:<user>": {"capacity": "$10.00", "rate": "$5.00/day", "strict": true}},
                 "prices": {"my-model": {"input_cost_per_token": 1.5e-6, "mode": "chat", "provider_specific_entry": {"us": 1.1}}},
                 "providers": {"p": {"baseurl": "http://h", "models": ["m"]}}, "auto_cost_basis": false, %s}
                """.formatted(ADMIN));

        assertThat(reading.findings()).isEmpty();
        var policy = requireNonNull(reading.policy());
        assertThat(policy.quotas()).containsExactly(entry("daily:<user>", daily(true)));
        assertThat(policy.prices())
                .containsExactly(entry(
                        "my-model",
                        Map.of(
                                "input_cost_per_token",
                                new BigDecimal("0.0000015"),
                                "mode",
                                "chat",
                                "provider_specific_entry",
                                Map.of("us", new BigDecimal("1.1")))));
        assertThat(policy.autoCostBasis()).isFalse();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '^',
            value = {
                "no id                        | providers | {'': {'baseurl': 'http://h'}} | provider \"\": id must not be empty or contain \"/\"; it is left out",
                "a slash                      | providers | {'a/b': {'baseurl': 'http://h'}} | provider \"a/b\": id must not be empty or contain \"/\"; it is left out",
                "no url                       | providers | {'p': {}}                   | provider p has no baseurl configured",
                "no scheme                    | providers | {'p': {'baseurl': 'h:1'}}   | provider p has invalid baseurl (must be http:// or https:// with a host, and without credentials or query): h:1",
                "no host                      | providers | {'p': {'baseurl': 'http:///v1'}} | provider p has invalid baseurl (must be http:// or https:// with a host, and without credentials or query): http:///v1",
                "no such port                 | providers | {'p': {'baseurl': 'http://h:99999'}} | provider p has invalid baseurl (must be http:// or https:// with a host, and without credentials or query): http://h:99999",
                "a key that is two headers    | providers | {'p': {'baseurl': 'http://h', 'apikey': 'k\\nx-evil: 1'}} | provider p: a key has characters that no header can carry; it is ignored",
                "credentials                  | providers | {'p': {'baseurl': 'http://a:b@h'}} | provider p has invalid baseurl (must be http:// or https:// with a host, and without credentials or query): http://a:b@h",
                "authorization                | providers | {'p': {'baseurl': 'http://h', 'authorization': 'basic'}} | provider p has invalid authorization type: basic",
                "header                       | providers | {'p': {'baseurl': 'http://h', 'add_headers': ['Bad-Entry']}} | provider p: add_headers entry \"Bad-Entry\" must be in \"Header-Name: value\" format",
                "smuggled header              | providers | {'p': {'baseurl': 'http://h', 'add_headers': ['A: b\\nC: d']}} | provider p: add_headers entry \"A: ***\" must be in \"Header-Name: value\" format",
                "misspelt key                 | providers | {'p': {'baseurl': 'http://h', 'modles': []}} | unknown config key \"modles\" (did you mean \"models\"?)",
                "misspelt flag                | providers | {'p': {'baseurl': 'http://h', 'compatibility': {'openai-chat': true}}} | unknown config key \"openai-chat\" (did you mean \"openai_chat\"?)",
                "type                         | providers | {'p': {'baseurl': 'http://h', 'preference': 'high'}} | providers.p.preference: string (expected: number)",
                "fraction                     | providers | {'p': {'baseurl': 'http://h', 'preference': 1.5}} | providers.p.preference: number (expected: integer)",
                "huge                         | providers | {'p': {'baseurl': 'http://h', 'preference': 1e999999999}} | providers.p.preference: number (expected: integer)",
                "cost basis                   | providers | {'p': {'baseurl': 'http://h', 'cost_basis': 'aws'}} | providers.p.cost_basis: \"aws\" (expected: one of anthropic, azure, azure-eu, azure-us, bedrock, bedrock-ap, bedrock-eu, bedrock-us, google, openai, openrouter, vercel, vertex)",
                "cost map                     | providers | {'p': {'baseurl': 'http://h', 'model_cost_map': [{'match': 'a', 'as': 'b', 'adjustment': -1}]}} | providers.p.model_cost_map[0]: left out (expected: \"match\" and \"as\", and an \"adjustment\" >= 0 if any)",
                "template                     | quotas    | {'q:<team>': {'capacity': '$1', 'rate': '$1/day'}} | quota \"q:<team>\": quota name \"q:<team>\" has unsupported template \"<team>\" after colon",
                "hook without url             | hooks     | {'h': {}}                   | hook h has no url configured",
                "hook with another scheme     | hooks     | {'h': {'url': 'ftp://h'}}   | hook h has invalid URL scheme (must be http:// or https://): ftp://h",
                "hook authorization           | hooks     | {'h': {'url': 'http://h', 'authorization': 'basic'}} | hook h has invalid authorization type: basic",
                "hook typo                    | hooks     | {'h': {'url': 'http://h', 'time_out': '5s'}} | unknown config key \"time_out\" (did you mean \"timeout\"?)",
                "top level                    | provider  | {}                          | unknown config key \"provider\" (did you mean \"providers\"?)",
                "nothing like it              | zzz       | {}                          | unknown config key \"zzz\"",
            })
    void warnsInTheWordsOfTheDocumentation(String label, String section, String value, String expected) {
        var reading = read("{\"%s\": %s, %s, %s}"
                .formatted(
                        section,
                        value.replace('\'', '"'),
                        ADMIN,
                        section.equals("providers") ? "\"mcp\": {}" : PROVIDER));

        assertThat(reading.policy()).isNotNull();
        assertThat(reading.findings())
                .as(label)
                .filteredOn(it -> it.line() > 0)
                .extracting(Finding::severity, Finding::message)
                .containsExactly(tuple(WARNING, expected));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '^',
            value = {
                "{'models': 'q/**'}                        | models pattern \"q/**\" references provider \"q\" which does not match any declared provider",
                "{'models': 'p/** gpt-5'}                  | models pattern \"gpt-5\" references provider \"gpt-5\" which does not match any declared provider",
                "{'models': 'aperture-*/**'}               | models pattern \"aperture-*/**\" references provider \"aperture-*\" which does not match any declared provider",
                "{'send_hooks': [{'name': 'x'}]}           | send_hooks references undefined hook \"x\"",
                "{'quotas': [{'bucket': 'x'}]}             | quotas references undefined quota \"x\"",
                "{'quotas': [{'bucket': 'q:<team>'}]}      | grants[1] grant 0 quotas[0]: bucket ref \"q:<team>\" has unsupported template \"<team>\" after colon",
                "{'quotas': [{}]}                          | grants[1] grant 0 quotas[0]: no bucket ref (expected: {\"bucket\": \"<quota name>\"})",
                "{'quotas': ['x']}                         | grants[1].app.tailscale.com/cap/aperture[0].quotas[0]: string (expected: object)",
                "{'add_headers': ['x']}                    | add_headers entry \"x\" must be in \"Header-Name: value\" format",
                "{'model': '**'}                           | grants[1].app.tailscale.com/cap/aperture[0]: unknown field \"model\" (did you mean \"models\"?)",
                "{'role': 'root'}                          | grants[1].app.tailscale.com/cap/aperture[0].role: \"root\" (expected: \"admin\" or \"user\")",
                "{'models': 5}                             | grants[1].app.tailscale.com/cap/aperture[0].models: number (expected: string or array)",
                "'admin'                                   | grants[1].app.tailscale.com/cap/aperture[0]: string (expected: object)",
            })
    void warnsAboutWhatAGrantGetsWrong(String capability, String expected) {
        var reading = read("""
                {%s, "grants": [{"src": ["*"], "app": {"tailscale.com/cap/aperture": [{"role": "admin"}]}},
                  {"src": ["*"], "app": {"tailscale.com/cap/aperture": [%s]}}]}
                """.formatted(PROVIDER, capability.replace('\'', '"')));

        assertThat(reading.policy()).isNotNull();
        assertThat(messages(reading)).containsExactly(expected);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '^',
            value = {
                "{'rate': '$1/day'}                                      | capacity is missing (expected: \"$<amount>\", not negative, at most 9 decimals)",
                "{'capacity': 5, 'rate': '$1/day'}                       | capacity is no string (expected: \"$<amount>\", not negative, at most 9 decimals)",
                "{'capacity': '$-5', 'rate': '$1/day'}                   | capacity \"$-5\" (expected: \"$<amount>\", not negative, at most 9 decimals)",
                "{'capacity': '$0.0000000001', 'rate': '$1/day'}         | capacity \"$0.0000000001\" (expected: \"$<amount>\", not negative, at most 9 decimals)",
                "{'capacity': '$1', 'rate': '$1/fortnight'}              | rate \"$1/fortnight\" (expected: \"$<amount>/<unit>\" with a unit of min, hour, day, week, month, and an amount as in \"$<amount>\", not negative, at most 9 decimals)",
                "{'capacity': '$1', 'rate': '$1/day', 'on_exceed': 'warn'} | on_exceed \"warn\" (expected: \"reject\")",
                "{'capacity': '$1', 'rate': '$1/day', 'strict': 'yes'}   | strict (expected: true or false)",
                "{'capacity': '$1', 'rate': '$1/day', 'on_storage_failure': 'allow'} | on_storage_failure \"allow\" (expected: \"deny\" or \"$<amount>\", not negative, at most 9 decimals)",
                "{'capacity': '$1', 'rate': '$1/day', 'on_storage_failure': '$-1'} | on_storage_failure \"$-1\" (expected: \"deny\" or \"$<amount>\", not negative, at most 9 decimals)",
                "{'capacity': '$1', 'rate': '$1/day', 'on_storage_failure': true} | on_storage_failure is no string (expected: \"deny\" or \"$<amount>\", not negative, at most 9 decimals)",
                "{'capacity': '$1', 'rate': '$1/day', 'on_storage_failure': '$1.01'} | on_storage_failure is more than the capacity (expected: at most as much)",
            })
    void refusesADocumentWithABrokenQuota(String quota, String details) {
        var reading = read("{%s, %s, \"quotas\": {\"q\": %s}}".formatted(ADMIN, PROVIDER, quota.replace('\'', '"')));

        assertThat(reading.policy()).isNull();
        assertThat(reading.findings())
                .filteredOn(it -> it.severity() == ERROR)
                .extracting(Finding::message)
                .containsExactly("quota q: " + details);
    }

    @ParameterizedTest
    @ValueSource(strings = {"-1", "1e500", "1e-500", "[-1]", "{\"x\": -1}"})
    void refusesPricesThatCannotBe(String price) {
        var reading = read("{\"prices\": {\"m\": {\"input_cost_per_token\": %s}}}".formatted(price));

        assertThat(reading.policy()).isNull();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '^',
            nullValues = "-",
            value = {
                "-                                                          | openai_chat",
                "{}                                                         | openai_chat",
                "{'openai_chat': false}                                     | ''",
                "{'anthropic_messages': false}                              | openai_chat",
                "{'anthropic_messages': true}                               | anthropic_messages",
                "{'openai_chat': true, 'anthropic_messages': true}          | openai_chat,anthropic_messages",
                "{'experimental_gemini_cli_vertex_compat': true}            | experimental_gemini_cli_vertex_compat",
                "{'openai_chat': 'no'}                                      | ''",
            })
    void offersChatUnlessTheDocumentSaysWhatElse(@Nullable String flags, String expected) {
        var compatibility = flags == null ? "" : ", \"compatibility\": " + flags.replace('\'', '"');
        var reading = read("{\"providers\": {\"p\": {\"baseurl\": \"http://h\"%s}}}".formatted(compatibility));

        assertThat(String.join(
                        ",",
                        provider(reading, "p").compatibility().stream()
                                .sorted(Comparator.reverseOrder())
                                .toList()))
                .isEqualTo(expected.replace("'", ""));
    }

    @ParameterizedTest
    @CsvSource({
        "https://api.anthropic.com,, X_API_KEY",
        "https://api.anthropic.com/, bearer, BEARER",
        "https://mirror.example,, BEARER",
    })
    void sendsAnthropicItsKeyTheWayItWantsUnlessToldOtherwise(
            String url, @Nullable String authorization, Authorization expected) {
        var field = authorization == null ? "" : ", \"authorization\": \"" + authorization + "\"";
        var reading = read("{\"providers\": {\"p\": {\"baseurl\": \"%s\"%s}}}".formatted(url, field));

        assertThat(keys(reading, "p").authorization()).isEqualTo(expected);
    }

    @Test
    void tellsWhereWhatDoesNotEndBegan() {
        var reading = read("{\n  \"providers\": {");

        assertThat(messages(reading))
                .containsExactly(
                        "Unexpected end-of-input: expected close marker for Object (start marker at line 2, column 16)");
    }

    @Test
    void tellsWhereTheSyntaxBreaks() {
        var reading = read("{\n  \"providers\": {\n    \"p\" {}\n  }\n}");

        assertThat(reading.policy()).isNull();
        assertThat(reading.findings()).singleElement().satisfies(it -> {
            assertThat(it.severity()).isEqualTo(ERROR);
            assertThat(it.message()).startsWith("Unexpected character ('{'");
            assertThat(it.line()).isEqualTo(3);
            assertThat(it.column()).isBetween(9, 10);
        });
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "  // nothing",
                "[]",
                "5",
                "{} {}",
                "{'a': 1}",
                "{a: 1}",
                "{\"a\": NaN}",
                "{\"a\": +1}",
                "{\"a\": 01}",
                "{,}",
                "{\"a\" 1}",
                "{\"a\": 1",
                "{\"a\": [1,,2]}",
                "# x\n{}",
                "{\"a\": \"\n\"}",
                "/* {}",
                "{\"a\": .5}"
            })
    void refusesWhatIsNoHuJson(String text) {
        var reading = read(text);

        assertThat(reading.policy()).isNull();
        assertThat(reading.findings()).hasSize(1);
    }

    @Test
    void refusesWhatNestsWithoutEnd() {
        var reading = read("{\"a\": " + "[".repeat(100_000));

        assertThat(reading.policy()).isNull();
    }

    @Test
    void tellsWhereAKeyStandsThatItDoesNotKnow() {
        var reading = read("{\n  // a comment\n  \"providers\": {\"p\": {\n    \"basurl\": \"http://h\"}}}");

        assertThat(reading.findings())
                .contains(new Finding(WARNING, "unknown config key \"basurl\" (did you mean \"baseurl\"?)", 4, 5));
    }

    @Test
    void takesTheLastOfDuplicateKeysAndSaysSo() {
        var reading = read("{\"auto_cost_basis\": true,\n\"auto_cost_basis\": false}");

        assertThat(requireNonNull(reading.policy()).autoCostBasis()).isFalse();
        assertThat(reading.findings()).contains(new Finding(WARNING, "duplicate config key \"auto_cost_basis\"", 2, 1));
    }

    @Test
    void warnsThatNobodyServesAnything() {
        assertThat(messages(read("{}")))
                .contains("no providers or mcp servers defined; users will not be able to access any models");
    }

    @Test
    void putsTheEnvironmentInPlaceOfMacros() {
        var reading =
                PolicyDocument.read("""
                {"providers": {"p": { // ${COMMENT} is no macro
                  "baseurl": "http://${HOST}:${PORT:-8000}", "apikey": "${KEY}", "name": "$HOST ${not a macro} ${EMPTY:-full}",
                  "models": ["${NESTED}"]}}}
                """, Map.of("HOST", "h", "KEY", "a$1\\", "EMPTY", "", "NESTED", "${KEY}")::get);

        var provider = provider(reading, "p");
        assertThat(provider.baseUrl()).isEqualTo("http://h:8000");
        assertThat(keys(reading, "p").keys()).containsExactly(Secret.of("a$1\\"));
        assertThat(provider.name()).isEqualTo("$HOST ${not a macro} full");
        assertThat(provider.models()).containsExactly("${KEY}");
    }

    @Test
    void takesTheLineBreakOffAKeyThatCameFromAFile() {
        var reading = PolicyDocument.read(
                "{\"providers\": {\"p\": {\"baseurl\": \"http://h\", \"apikey\": \"${KEY}\"}}}", _ -> "k-1\n");

        assertThat(keys(reading, "p").keys()).containsExactly(Secret.of("k-1"));
    }

    @Test
    void refusesMacrosThatNobodyKnows() {
        var reading = read("{\"providers\": {\"p\": {\"baseurl\": \"${URL}\", \"apikey\": \"${KEY}${URL}\"}}}");

        assertThat(reading.policy()).isNull();
        assertThat(reading.findings()).contains(new Finding(ERROR, "unsubstituted macros: [URL, KEY]", 1, 33));
    }

    @Test
    void neverPrintsWhatCameFromTheEnvironment() {
        var reading = PolicyDocument.read("""
                {"providers": {"p": {"baseurl": "${S}", "authorization": "${S}", "add_headers": ["${S}"], "cost_basis": "${S}"}},
                 "hooks": {"h": {"url": "${S}", "authorization": "${S}"}},
                 "grants": [{"app": {"tailscale.com/cap/aperture": [{"role": "${S}", "quotas": [{"bucket": "${S}"}],
                   "send_hooks": [{"name": "${S}"}], "add_headers": ["${S}"]}]}}]}
                """, _ -> "sEcReT");

        assertThat(reading.findings()).hasSizeGreaterThan(8);
        assertThat(reading.findings().toString()).doesNotContain("sEcReT");
    }

    @Test
    void leavesOutAGrantThatIsNarrowedInAWayNobodyCanCheck() {
        var reading = read("{\"grants\": [{\"src\": [\"*\"], \"srcPosture\": [\"posture:x\"], \"app\": {}}]}");

        assertThat(requireNonNull(reading.policy()).grants()).isEmpty();
    }

    @Test
    void remembersWhereAGrantStandsWhateverIsLeftOutBeforeIt() {
        var reading = read("""
                {"grants": [
                   {"src": ["*"], "srcPosture": ["posture:x"], "app": {}},
                   "none",
                   {"src": ["a"], "app": {"tailscale.com/cap/aperture": [
                     7,
                     {"role": "user"}]}}],
                 "temp_grants": [5, {"src": ["b"], "grants": [null, {"role": "admin"},
                   {"role": "user"}]}]}
                """);

        assertThat(requireNonNull(reading.policy()).grantPlaces())
                .containsExactly(
                        new GrantPlace("grants[2]", 4, List.of(new CapabilityPlace(1, 6))),
                        new GrantPlace(
                                "temp_grants[1]", 7, List.of(new CapabilityPlace(1, 7), new CapabilityPlace(2, 8))));
    }

    @ParameterizedTest
    @ValueSource(strings = {"5", "{}", "[\"p/**\", 5]"})
    void letsUnreadableModelsGrantNothingWhileTheirQuotasHold(String models) {
        var reading = read("""
                {"grants": [{"src": ["*"], "app": {"tailscale.com/cap/aperture": [
                  {"models": %s, "quotas": [{"bucket": "q"}, 7], "add_headers": ["A: b"]}]}}]}
                """.formatted(models));

        assertThat(requireNonNull(reading.policy()).grants().getFirst().capabilities())
                .containsExactly(new Capability(
                        null, null, List.of("q", "grants[0].app.tailscale.com/cap/aperture[0].quotas[1]"), List.of()));
    }

    @Test
    void readsCapabilitiesThatCameWithACallerAndSubstitutesNothing() {
        var reading = PolicyDocument.readCapabilities("""
                {"tailscale.com/cap/aperture": [{"role": "user"}, {"models": "${HOME}/**"}], "example.com/cap/x": [1]}
                """);

        assertThat(reading.grant())
                .isEqualTo(new GrantRule(
                        List.of("*"),
                        List.of(
                                new Capability("user", null, List.of(), List.of()),
                                new Capability(null, List.of("${HOME}/**"), List.of(), List.of())),
                        Map.of("example.com/cap/x", List.of(BigDecimal.ONE))));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "{", "[]", "{\"tailscale.com/cap/aperture\": {}}", "{\"a.b/c\": 1}"})
    void refusesCapabilitiesThatCannotBeRead(String text) {
        assertThat(PolicyDocument.readCapabilities(text).grant()).isNull();
    }

    private static final String ADMIN =
            "\"grants\": [{\"src\": [\"*\"], \"app\": {\"tailscale.com/cap/aperture\": [{\"role\": \"admin\"}]}}]";
    private static final String PROVIDER = "\"providers\": {\"p\": {\"baseurl\": \"http://h\", \"models\": [\"m\"]}}";

    private static QuotaRule daily(boolean strict) {
        return new QuotaRule("daily:<user>", 10_000_000_000L, 5_000_000_000L, Duration.ofDays(1), "$5.00/day", strict);
    }

    private static PolicyReading read(String text) {
        return Documents.read(text);
    }

    private static ProviderRule provider(PolicyReading reading, String id) {
        return requireNonNull(requireNonNull(reading.policy()).providers().get(id));
    }

    private static CredentialRule.Keys keys(PolicyReading reading, String id) {
        return (CredentialRule.Keys) provider(reading, id).credential();
    }

    private static List<String> messages(PolicyReading reading) {
        return Documents.messages(reading);
    }
}
