package dev.sluice.config;

import static dev.sluice.config.Finding.Severity.ERROR;
import static dev.sluice.config.Finding.Severity.WARNING;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.config.Finding.Severity;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The documentation's table of validations, a row a case: the condition, the message word for word, its severity, and where it
 * stands (0:0 for what is about the document as a whole). Where the documentation only says what a message holds, that is
 * looked for. Two rows are about saving alone, and are not for whoever only reads: the lockout, and "config must not be
 * empty", of which reading says the same.
 */
class ValidationTableTest {
    private static final String ADMIN =
            "\"grants\": [{\"src\": [\"*\"], \"app\": {\"tailscale.com/cap/aperture\": [{\"role\": \"admin\"}]}}]";
    private static final String P = "\"providers\": {\"p\": {\"baseurl\": \"http://h\", \"models\": [\"m\"]}}";

    static Stream<Arguments> rows() {
        return Stream.of(
                row(
                        "no providers or MCP servers",
                        "{" + ADMIN + "}",
                        WARNING,
                        0,
                        "no providers or mcp servers defined; users will not be able to access any models"),
                row("provider missing baseurl", provider(""), WARNING, 3, "provider p has no baseurl configured"),
                row(
                        "invalid authorization type",
                        provider("\"baseurl\": \"http://h\", \"authorization\": \"basic\""),
                        WARNING,
                        3,
                        "provider p has invalid authorization type: basic"),
                row(
                        "unresolved environment variable",
                        provider("\"baseurl\": \"http://h\", \"apikey\": \"${THE_KEY}\""),
                        ERROR,
                        3,
                        "unsubstituted macros: [THE_KEY]"),
                row("invalid JSON", "{\n" + ADMIN + ",\n" + P + ",\n\"x\" 1}", ERROR, 4, "was expecting a colon"),
                row(
                        "invalid quota definition",
                        document("\"quotas\": {\"q\": {\"capacity\": \"$5\", \"rate\": \"often\"}}"),
                        ERROR,
                        3,
                        "quota q: rate \"often\" (expected: "),
                row(
                        "duplicate keys",
                        document("\"auto_cost_basis\": true, \"auto_cost_basis\": true"),
                        WARNING,
                        3,
                        "duplicate config key \"auto_cost_basis\""),
                row(
                        "unknown keys",
                        provider("\"baseurl\": \"http://h\", \"basurl\": \"http://h\""),
                        WARNING,
                        3,
                        "unknown config key \"basurl\""),
                row(
                        "type mismatch",
                        provider("\"baseurl\": \"http://h\", \"preference\": \"high\""),
                        WARNING,
                        3,
                        "providers.p.preference: string (expected: number)"),
                row(
                        "invalid add_headers format",
                        provider("\"baseurl\": \"http://h\", \"add_headers\": [\"Bad-Entry\"]"),
                        WARNING,
                        3,
                        "provider p: add_headers entry \"Bad-Entry\" must be in \"Header-Name: value\" format"),
                row(
                        "invalid quota name template",
                        document("\"quotas\": {\"q:<team>\": {\"capacity\": \"$5\", \"rate\": \"$1/day\"}}"),
                        WARNING,
                        3,
                        "quota \"q:<team>\": quota name \"q:<team>\" has unsupported template \"<team>\" after colon"),
                row("unknown fields in grant", grant("\"model\": \"**\""), WARNING, 3, "unknown field \"model\""),
                row(
                        "models references undefined provider",
                        grant("\"models\": \"other/**\""),
                        WARNING,
                        3,
                        "models pattern \"other/**\" references provider \"other\" which does not match any declared provider"),
                row(
                        "mcp_tools references undefined MCP server",
                        grant("\"mcp_tools\": \"local/*\""),
                        WARNING,
                        3,
                        "mcp_tools pattern \"local/*\" references server \"local\" which does not match any declared MCP server"),
                row(
                        "mcp_resources references undefined MCP server",
                        grant("\"mcp_resources\": \"local/*\""),
                        WARNING,
                        3,
                        "mcp_resources pattern \"local/*\" references server \"local\" which does not match any declared MCP server"),
                row(
                        "mcp_templates references undefined MCP server",
                        grant("\"mcp_templates\": \"remote-*/*\""),
                        WARNING,
                        3,
                        "mcp_templates pattern \"remote-*/*\" references server \"remote-*\" which does not match any declared MCP server"),
                row(
                        "send_hooks references undefined hook",
                        grant("\"send_hooks\": [{\"name\": \"oso\"}]"),
                        WARNING,
                        3,
                        "send_hooks references undefined hook \"oso\""),
                row(
                        "quotas references undefined quota",
                        grant("\"quotas\": [{\"bucket\": \"pool\"}]"),
                        WARNING,
                        3,
                        "quotas references undefined quota \"pool\""),
                row(
                        "invalid quota bucket ref template",
                        grant("\"quotas\": [{\"bucket\": \"q:<team>\"}]"),
                        WARNING,
                        3,
                        "grants[1] grant 0 quotas[0]: bucket ref \"q:<team>\" has unsupported template"),
                row(
                        "grant-level add_headers invalid format",
                        grant("\"add_headers\": [\"Bad-Entry\"]"),
                        WARNING,
                        3,
                        "add_headers entry \"Bad-Entry\" must be in \"Header-Name: value\" format"),
                row("hook missing URL", document("\"hooks\": {\"h\": {}}"), WARNING, 3, "hook h has no url configured"),
                row(
                        "hook invalid URL scheme",
                        document("\"hooks\": {\"h\": {\"url\": \"ftp://h\"}}"),
                        WARNING,
                        3,
                        "hook h has invalid URL scheme (must be http:// or https://): ftp://h"),
                row(
                        "hook invalid authorization type",
                        document("\"hooks\": {\"h\": {\"url\": \"http://h\", \"authorization\": \"basic\"}}"),
                        WARNING,
                        3,
                        "hook h has invalid authorization type: basic"),
                row(
                        "S3 prefix ends with /",
                        document("\"exporters\": {\"s3\": {\"bucket_name\": \"b\", \"prefix\": \"a/\"}}"),
                        WARNING,
                        3,
                        "exporters.s3.prefix must not end with a slash"),
                row(
                        "no grants assign admin role",
                        "{" + P + ", \"grants\": [{\"src\": [\"*\"]}]}",
                        WARNING,
                        0,
                        "no grant in grants or temp_grants assigns role:admin; nobody will be able to manage this "
                                + "instance unless admin is granted via tsnet ACL policy"),
                row(
                        "providers configured but no grants defined",
                        "{" + P + "}",
                        WARNING,
                        0,
                        "providers are configured but no grants or temp_grants defined; all access will be denied"),
                row("empty configuration", "", ERROR, 1, "config must not be empty"));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("rows")
    void saysWhatIsDocumented(String condition, String document, Severity severity, int line, String message) {
        var reading = Documents.read(document);

        assertThat(reading.findings())
                .anySatisfy(finding -> {
                    assertThat(finding.message()).contains(message);
                    assertThat(finding.severity()).isEqualTo(severity);
                    assertThat(finding.line()).isEqualTo(line);
                })
                // Of the condition that a row makes, nothing is said twice; and an error leaves no policy.
                .filteredOn(finding -> finding.message().contains(message))
                .hasSize(1);
        assertThat(reading.policy() == null).isEqualTo(severity == ERROR);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("rows")
    void saysNothingElse(String condition, String document, Severity severity, int line, String message) {
        assertThat(Documents.read(document).findings())
                .filteredOn(finding -> !finding.message().contains(message))
                // Without grants nobody is an administrator either.
                .filteredOn(finding -> !condition.startsWith("providers configured")
                        || !finding.message().startsWith("no grant in"))
                .isEmpty();
    }

    /** A document without fault but for what is on its third line. */
    private static String document(String section) {
        return "{\n" + ADMIN + ", " + P + ",\n" + section + "\n}";
    }

    private static String provider(String fields) {
        return "{\n" + ADMIN + ", \"providers\": {\n\"p\": {" + fields + "}}\n}";
    }

    private static String grant(String capability) {
        return "{\n" + P + ", " + ADMIN.substring(0, ADMIN.length() - 1)
                + ",\n{\"src\": [\"*\"], \"app\": {\"tailscale.com/cap/aperture\": [{" + capability + "}]}}]\n}";
    }

    private static Arguments row(String condition, String document, Severity severity, int line, String message) {
        return Arguments.of(condition, document, severity, line, message);
    }
}
