package dev.sluice.config;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import dev.sluice.config.Finding.Severity;
import dev.sluice.config.GrantRule.HookEvent;
import dev.sluice.config.GrantRule.Match;
import dev.sluice.config.GrantRule.SendHook;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What is said of sections beyond the documented table, and what holds in place of what is wrong. */
class SectionsTest {
    private static final String REST = "\"grants\": [{\"src\": [\"*\"], \"app\": {\"tailscale.com/cap/aperture\": "
            + "[{\"role\": \"admin\"}]}}], \"providers\": {\"p\": {\"baseurl\": \"http://h\", \"models\": [\"m\"]}}";
    private static final String LOCAL = ", \"mcp\": {\"servers\": {\"local\": {\"url\": \"http://l\"}}}";

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '^',
            value = {
                "'hooks': {'h': {'url': 'http://'}} | hook h has invalid url (must have a host, and no credentials or fragment): http://",
                "'hooks': {'h': {'url': 'http://u:p@h'}} | hook h has invalid url (must have a host, and no credentials or fragment): http://u:p@h",
                "'hooks': {'h': {'url': 'http://h', 'timeout': 'soon'}} | hooks.h.timeout: \"soon\" (expected: a duration, for example 5s, or 0 for none)",
                "'hooks': {'h': {'url': 'http://h', 'timeout': '-1s'}} | hooks.h.timeout: \"-1s\" (expected: a duration, for example 5s, or 0 for none)",
                "'hooks': {'h': {'url': 'http://h', 'timeout': 5}} | hooks.h.timeout: number (expected: string)",
                "'hooks': {'h': {'url': 'http://h', 'fail_policy': 'open'}} | hooks.h.fail_policy: \"open\" (expected: one of fail_closed, fail_open)",
                "'hooks': {'h': {'url': 'http://h', 'apikey': 'a\\nb: c'}} | hook h: apikey has characters that no header can carry; it is ignored",
                "'exporters': {'s4': {}} | unknown config key \"s4\" (did you mean \"s3\"?)",
                "'exporters': {'s3': {'bucket': 'b'}} | unknown config key \"bucket\"",
                "'exporters': {'s3': {'bucket_name': 'b', 'every': 0}} | exporters.s3.every: 0 (expected: > 0)",
                "'exporters': {'s3': {'bucket_name': 'b', 'format': 'csv'}} | exporters.s3.format: \"csv\" (expected: one of cbor.zstd, jsonl.zst, parquet); nothing is exported",
                "'exporters': {'s3': {'bucket_name': 'b', 'limit': -1}} | exporters.s3.limit: -1 (expected: > 0)",
                "'exporters': {'s3': {'bucket_name': 'b', 'endpoint': 'minio:9000'}} | exporters.s3.endpoint: \"minio:9000\" (expected: an http or https URL with a host); nothing is exported",
                "'exporters': {'s3': {'bucket_name': 'b', 'access_key_id': 'k'}} | exporters.s3: access_key_id and access_secret go together; access_secret is missing",
                "'exporters': {'s3': {'bucket_name': 'b', 'access_secret': 'k'}} | exporters.s3: access_key_id and access_secret go together; access_key_id is missing",
                "'database': {'retention': {'duration': '30'}} | database.retention.duration: \"30\" (expected: 0, or 1 hour to 3650 days, for example 720h or 30d); nothing is purged",
                "'database': {'retention': {'duration': '59m'}} | database.retention.duration: \"59m\" (expected: 0, or 1 hour to 3650 days, for example 720h or 30d); nothing is purged",
                "'database': {'retention': {'duration': '3651d'}} | database.retention.duration: \"3651d\" (expected: 0, or 1 hour to 3650 days, for example 720h or 30d); nothing is purged",
                "'database': {'retention': {'purge': ['metrics']}} | database.retention.purge: \"metrics\" (expected: one of captures, tools)",
                "'database': {'retension': {}} | unknown config key \"retension\" (did you mean \"retention\"?)",
                "'database': {'headers': {'filterable': [{'name': 'a b'}]}} | database.headers.filterable[0]: left out (expected: \"name\", a header's)",
                "'database': {'headers': {'filterable': ['x']}} | database.headers.filterable[0]: string (expected: object)",
                "'flags': {'chat-ui': {'value': true}} | unknown config key \"chat-ui\" (did you mean \"chat_ui\"?)",
                "'flags': {'chat_ui': true} | flags.chat_ui: boolean (expected: object)",
                "'flags': {'chat_ui': {'value': 1}} | flags.chat_ui.value: number (expected: boolean)",
                "'chat_models': {} | chat_models: object (expected: array)",
                "'mcp': {'servers': {'m': {}}} | mcp server m has no url configured",
                "'mcp': {'servers': {'m': {'url': 'x'}}} | mcp server m has invalid url (must be http:// or https:// with a host, and without credentials): x",
                "'mcp': {'accept_registration': true} | unknown config key \"accept_registration\" (did you mean \"accept_registrations\"?)",
                "'connectors': {'server': {}} | unknown config key \"server\" (did you mean \"servers\"?)",
                "'connectors': {'servers': {'my-api': {'protocol': 'http', 'url': 'http://h'}}} | connector \"my-api\": id must be letters and digits, begin with a letter, and be none of aperture, tailscale, internal; it is left out",
                "'connectors': {'servers': {'internal': {'protocol': 'http', 'url': 'http://h'}}} | connector \"internal\": id must be letters and digits, begin with a letter, and be none of aperture, tailscale, internal; it is left out",
                "'connectors': {'servers': {'c': {'url': 'http://h'}}} | connector c has no protocol configured (expected: mcp or http)",
                "'connectors': {'servers': {'c': {'protocol': 'grpc', 'url': 'http://h'}}} | connectors.servers.c.protocol: \"grpc\" (expected: one of http, mcp)",
                "'connectors': {'servers': {'c': {'protocol': 'mcp'}}} | connector c has no url configured",
                "'connectors': {'servers': {'c': {'protocol': 'mcp', 'url': 'http://h', 'labels': ['system']}}} | connector c: label \"system\" is reserved",
                "'connectors': {'servers': {'c': {'protocol': 'mcp', 'url': 'http://h', 'auth': {}}}} | connector c: auth has no type",
                "'connectors': {'servers': {'c': {'protocol': 'mcp', 'url': 'http://h', 'auth': {'type': 'mtls'}}}} | connectors.servers.c.auth.type: \"mtls\" (expected: one of api_key, basic, bearer_token, none, oauth2_authorization_code, oauth2_client_credentials, oauth2_dcr)",
                "'connectors': {'servers': {'c': {'protocol': 'mcp', 'url': 'http://h', 'auth': {'type': 'bearer_token'}}}} | connector c: auth of type bearer_token needs secret",
                "'connectors': {'servers': {'c': {'protocol': 'mcp', 'url': 'http://h', 'auth': {'type': 'api_key'}}}} | connector c: auth of type api_key needs secret, name, in",
                "'connectors': {'servers': {'c': {'protocol': 'mcp', 'url': 'http://h', 'auth': {'type': 'basic', 'username': 5, 'password': 'p'}}}} | connectors.servers.c.auth.username: number (expected: string)",
                "'connectors': {'servers': {'c': {'protocol': 'mcp', 'url': 'http://h', 'auth': {'type': 'oauth2_client_credentials', 'client_id': 'c', 'client_secret': 's', 'token_url': 'http://h/t'}}}} | connector c: auth has invalid token_url (must be https:// with a host, or on this machine)",
            })
    void saysWhatIsWrongAndReadsTheRest(String section, String expected) {
        var reading = Documents.read(document(section));

        assertThat(reading.policy()).isNotNull();
        assertThat(Documents.messages(reading)).contains(expected);
        // A connector whose only fault is a field of the wrong type lacks that field, too.
        assertThat(Documents.messages(reading)).hasSizeLessThanOrEqualTo(section.contains("username") ? 2 : 1);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '^',
            value = {
                "{'connectors': 'wiki'}            | connectors pattern \"wiki\" must be connector/category/resource or label:name; it is left out",
                "{'connectors': 'local/tools'}     | connectors pattern \"local/tools\" must be connector/category/resource or label:name; it is left out",
                "{'connectors': 'local/tool/*'}    | connectors pattern \"local/tool/*\" must be connector/category/resource or label:name; it is left out",
                "{'connectors': 'other/tools/*'}   | connectors pattern \"other/tools/*\" references connector \"other\" which does not match any declared connector",
                "{'connectors': 'label:none'}      | connectors pattern \"label:none\" references label \"none\" which no declared connector has",
                "{'mcp_tools': 'auto1/*'}          | mcp_tools pattern \"auto1/*\" references server \"auto1\" which does not match any declared MCP server",
                "{'mcp_tools': 5}                  | grants[1].app.tailscale.com/cap/aperture[0].mcp_tools: number (expected: string or array)",
                "{'read_metrics': 'yes'}           | grants[1].app.tailscale.com/cap/aperture[0].read_metrics: string (expected: boolean)",
                "{'send_hooks': [{}]}              | grants[1].app.tailscale.com/cap/aperture[0].send_hooks[0]: left out (expected: \"name\", a hook's name)",
                "{'send_hooks': [{'name': 'h', 'events': ['pre-request']}]} | grants[1].app.tailscale.com/cap/aperture[0].send_hooks[0].events: \"pre-request\" (expected: one of entire_request, pre_request, tool_call_entire_request)",
                "{'send_hooks': [{'name': 'h', 'send': ['all']}]} | grants[1].app.tailscale.com/cap/aperture[0].send_hooks[0].send: \"all\" (expected: one of estimated_cost, grants, quotas, raw_responses, request_body, response_body, tools, user_message)",
                "{'send_hooks': [{'name': 'h', 'sent': []}]} | grants[1].app.tailscale.com/cap/aperture[0].send_hooks[0]: unknown field \"sent\" (did you mean \"send\"?)",
            })
    void saysWhatIsWrongWithAGrant(String capability, String expected) {
        var text = "{\"hooks\": {\"h\": {\"url\": \"http://h\"}}, "
                + REST.replace(
                        "}]}}], \"prov",
                        "}]}}, {\"src\": [\"*\"], \"app\": {\"tailscale.com/cap/aperture\": ["
                                + capability.replace('\'', '"') + "]}}], \"prov")
                + LOCAL + "}";

        assertThat(Documents.messages(Documents.read(text))).containsExactly(expected);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "local/tools/*",
                "local/**",
                "*/**",
                "**",
                "local/*/x",
                "**/tools/*",
                "internal/tools/*",
                "label:system",
                ""
            })
    void takesConnectorPatternsThatCanMatch(String pattern) {
        var grant = "\"role\": \"admin\", \"connectors\": \"" + pattern + "\"";
        var reading = Documents.read("{" + REST.replace("\"role\": \"admin\"", grant) + LOCAL + "}");

        assertThat(reading.findings()).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({"'', ", "0, PT0S", "1h, PT1H", "30d, PT720H", "3650d, PT87600H", "87600h, PT87600H"})
    void readsHowLongThingsAreKept(String written, Duration expected) {
        var policy = Documents.policy(document("'database': {'retention': {'duration': '" + written + "'}}"));

        assertThat(policy.database().retention()).isEqualTo(expected);
    }

    @Test
    void failsClosedWhenNobodyCanTellWhatWasMeant() {
        for (var written : List.of("\"fail_closed\"", "\"closed\"", "5")) {
            assertThat(hook("\"fail_policy\": " + written).failClosed())
                    .as(written)
                    .isTrue();
        }
        for (var written : List.of("\"fail_open\"", "\"\"", "null")) {
            assertThat(hook("\"fail_policy\": " + written).failClosed())
                    .as(written)
                    .isFalse();
        }
    }

    private static HookRule hook(String field) {
        var policy = Documents.policy("{\"hooks\": {\"h\": {\"url\": \"http://h\", " + field + "}}}");
        return requireNonNull(policy.hooks().get("h"));
    }

    @Test
    void exportsNowhereWithoutABucketOrToAPlaceThatIsNone() {
        for (var s3 : List.of(
                "{}",
                "{\"bucket_name\": \"\"}",
                "{\"bucket_name\": null}",
                "{\"bucket_name\": \"b\", \"endpoint\": 5}",
                "{\"bucket_name\": \"b\", \"format\": \"csv\"}")) {
            assertThat(Documents.policy("{\"exporters\": {\"s3\": " + s3 + "}}").s3())
                    .as(s3)
                    .isNull();
        }
    }

    @Test
    void takesASlashOffTheEndOfAPrefix() {
        var policy = Documents.policy("{\"exporters\": {\"s3\": {\"bucket_name\": \"b\", \"prefix\": \"a/b//\"}}}");

        assertThat(requireNonNull(policy.s3()).prefix()).isEqualTo("a/b");
    }

    @Test
    void putsTheBucketIntoThePathWhereAnEndpointIsSaidUnlessToldOtherwise() {
        assertThat(s3("").pathStyle()).isFalse();
        assertThat(s3(", \"endpoint\": \"https://minio:9000\"").pathStyle()).isTrue();
        assertThat(s3(", \"endpoint\": \"https://minio:9000\", \"path_style\": false")
                        .pathStyle())
                .isFalse();
        assertThat(s3(", \"path_style\": true").pathStyle()).isTrue();
    }

    @Test
    void exportsCborUnlessAnotherFormatIsNamed() {
        assertThat(s3("").format()).isEqualTo(ExportFormat.CBOR_ZSTD);
        assertThat(s3(", \"format\": \"\"").format()).isEqualTo(ExportFormat.CBOR_ZSTD);
        assertThat(s3(", \"format\": \"parquet\"").format()).isEqualTo(ExportFormat.PARQUET);
    }

    private static S3Rule s3(String more) {
        return requireNonNull(Documents.policy("{\"exporters\": {\"s3\": {\"bucket_name\": \"b\"" + more + "}}}")
                .s3());
    }

    @ParameterizedTest
    @CsvSource({"1, 1", "2500, 2500", "2501, 2500", "1000000, 2500"})
    void capsWhatAnExportHolds(int written, int expected) {
        for (var key : List.of("limit", "limit_records")) {
            var policy = Documents.policy(
                    "{\"exporters\": {\"s3\": {\"bucket_name\": \"b\", \"" + key + "\": " + written + "}}}");
            assertThat(requireNonNull(policy.s3()).limit()).as(key).isEqualTo(expected);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"\"tomorrow\"", "\"2026-12-24\"", "\"\"", "5", "true", "\"2026-12-24T18:00:00\""})
    void refusesAGrantWhoseTimeCannotBeRead(String time) {
        for (var key : List.of("starts", "expires")) {
            for (var section : List.of("grants", "temp_grants")) {
                var reading =
                        Documents.read("{\"%s\": [{\"src\": [\"*\"], \"%s\": %s}]}".formatted(section, key, time));

                assertThat(reading.policy()).isNull();
                assertThat(reading.findings())
                        .filteredOn(it -> it.severity() == Severity.ERROR)
                        .singleElement()
                        .satisfies(it -> assertThat(it.message())
                                .startsWith(section + "[0]." + key)
                                .endsWith("(expected: a time, for example \"2026-12-24T18:00:00Z\")"));
            }
        }
    }

    @Test
    void refusesAGrantThatEndsBeforeItBegins() {
        var reading = Documents.read(
                "{\"grants\": [{\"starts\": \"2026-01-02T00:00:00Z\", \"expires\": \"2026-01-02T00:00:00Z\"}]}");

        assertThat(reading.findings())
                .extracting(Finding::severity, Finding::message)
                .contains(tuple(Severity.ERROR, "grants[0].expires is not after starts"));
    }

    @Test
    void countsOlderGrantsAsGrants() {
        var reading = Documents.read("""
                {"providers": {"p": {"baseurl": "http://h", "models": ["m"]}},
                 "temp_grants": [{"src": ["*"], "grants": [{"role": "admin"}]}]}
                """);

        assertThat(reading.findings()).isEmpty();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '^',
            value = {
                "{'roles': 'admin'} | temp_grants[0].grants[0]: unknown field \"roles\" (did you mean \"role\"?)",
                "{'role': 'root'} | temp_grants[0].grants[0].role: \"root\" (expected: \"admin\" or \"user\")",
                "{'providers': 'p'} | temp_grants[0].grants[0].providers: string (expected: array)",
                "{'providers': [{'model': 'm'}]} | temp_grants[0].grants[0].providers[0]: left out (expected: \"provider\", an id or \"*\")",
                "{'providers': [{'provider': 'p', 'model': 5}]} | temp_grants[0].grants[0].providers[0].model: number (expected: string)",
                "{'providers': [{'provider': 'q', 'model': 'm'}]} | models pattern \"q/m\" references provider \"q\" which does not match any declared provider",
                "{'hook': {'hook': 'x', 'match': {}}} | send_hooks references undefined hook \"x\"",
                "{'hook': {'hook': 'h'}} | temp_grants[0].grants[0].hook: left out (expected: \"match\", an object)",
                "{'hook': {'match': {}}} | temp_grants[0].grants[0].hook: left out (expected: \"hook\", a hook's name)",
                "{'hook': {'hook': 'h', 'match': {'event': []}}} | temp_grants[0].grants[0].hook.match: unknown field \"event\" (did you mean \"events\"?)",
            })
    void saysWhatIsWrongWithAnOlderGrant(String capability, String expected) {
        var reading = Documents.read("{\"hooks\": {\"h\": {\"url\": \"http://h\"}}, " + REST
                + ", \"temp_grants\": [{\"src\": [\"*\"], \"grants\": [" + capability.replace('\'', '"') + "]}]}");

        assertThat(Documents.messages(reading)).containsExactly(expected);
    }

    @Test
    void callsAHookOfAnOlderGrantMoreOftenRatherThanLess() {
        var policy = Documents.policy("""
                {"temp_grants": [{"src": ["*"], "grants": [{"hook": {"hook": "h",
                  "match": {"providers": [5], "models": "a", "events": ["entire_request"]}, "fields": []}}]}]}
                """);

        assertThat(policy.grants().getFirst().capabilities().getFirst().sendHooks())
                .containsExactly(new SendHook(
                        "h", Set.of(HookEvent.ENTIRE_REQUEST), Set.of(), new Match(List.of("*"), List.of("**"))));
    }

    @Test
    void keepsHooksBesideModelsThatCannotBeReadButNothingThatIsGranted() {
        var policy = Documents.policy("""
                {"grants": [{"src": ["*"], "app": {"tailscale.com/cap/aperture": [{"models": 5, "read_metrics": true,
                  "send_hooks": [{"name": "h", "events": ["pre_request"]}]}]}}]}
                """);

        var capability = policy.grants().getFirst().capabilities().getFirst();
        assertThat(capability.sendHooks()).extracting(SendHook::name).containsExactly("h");
        assertThat(capability.extras()).isEqualTo(GrantRule.Extras.NONE);
    }

    private static String document(String section) {
        return "{" + REST + ", " + section.replace('\'', '"') + "}";
    }
}
