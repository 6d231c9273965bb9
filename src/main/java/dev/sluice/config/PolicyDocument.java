package dev.sluice.config;

import dev.sluice.config.HuJson.Obj;
import dev.sluice.config.HuJson.Place;
import dev.sluice.config.HuJson.Value;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Reads the policy document: HuJSON in, a {@link Policy} and everything that is wrong with the document out.
 *
 * <p>Errors (syntax, macros nobody substituted, redacted secrets, broken quotas, impossible prices, times that are none) leave no policy. Whatever
 * else is wrong is a warning, and is read as absent. Of duplicate keys the last one wins. Some keys are additions of ours, all
 * optional: {@code quotas.*.strict}, {@code quotas.*.on_storage_failure}, {@code fallbacks}, {@code prices}, {@code $schema}, {@code starts} and {@code expires} of
 * grants, and of providers {@code apikeys}, {@code max_open_requests}, {@code vertex_region}, {@code aws_region},
 * {@code aws_profile} and the {@code authorization} {@code sigv4}. Every key there is stands in {@link DocumentShape}.
 */
public final class PolicyDocument {
    private PolicyDocument() {}

    /** Reads a document; its macros name variables of this process's environment. */
    public static PolicyReading read(String text) {
        return read(text, System::getenv);
    }

    /**
     * Reads a document.
     *
     * @param environment what a macro's name stands for, null when nothing
     */
    public static PolicyReading read(String text, Function<String, @Nullable String> environment) {
        var findings = new Findings();
        var macros = new Macros(environment);
        var root = root(text, findings, macros, DocumentShape.ROOT);
        var policy = root == null ? null : policy(root);
        macros.report(findings);
        for (var mark : Redaction.unknown(text)) {
            findings.error(
                    mark.at(),
                    "\"" + mark.value()
                            + "\" stands for a secret that is not known here (expected: the secret, or ${NAME})");
        }
        return new PolicyReading(findings.anyError() ? null : policy, findings.inOrder());
    }

    /**
     * Reads the capabilities that came with a caller: an object of capability name to array, as {@code app} in a grant. No
     * macro is substituted in it: callers must not read the environment.
     */
    public static GrantReading readCapabilities(String text) {
        var findings = new Findings();
        var root = root(text, findings, (value, _) -> value, GrantShape.APP);
        if (root == null) {
            return new GrantReading(null, findings.inOrder());
        }
        for (var member : root.members().entrySet()) {
            if (!(member.getValue().value() instanceof HuJson.Arr)) {
                findings.error(member.getValue().at(), member.getKey() + ": (expected: array)");
            }
        }
        var grant = new GrantReader(null).app(root, List.of("*"), Window.ALWAYS, 0, new ArrayList<>());
        return new GrantReading(findings.anyError() ? null : grant, findings.inOrder());
    }

    private static @Nullable Section root(
            String text, Findings findings, HuJson.Substitution substitution, Shape shape) {
        Value value;
        try {
            value = HuJson.parse(text, findings, substitution);
        } catch (HuJson.Malformed e) {
            findings.error(e.at, e.details());
            return null;
        }
        if (value instanceof Obj object) {
            return new Section(object, "", findings, shape);
        }
        findings.error(value.at(), "config: " + HuJson.kind(value) + " (expected: object)");
        return null;
    }

    private static Policy policy(Section root) {
        var providerSection = root.section("providers");
        var quotaSection = root.section("quotas");
        var hookSection = root.section("hooks");
        var mcpSection = root.section("mcp");
        var connectorSection = root.section("connectors");
        var providers = read(providerSection, ProviderReader::read, Map.<String, ProviderRule>of());
        var quotas = read(quotaSection, QuotaReader::read, Map.<String, QuotaRule>of());
        var hooks = read(hookSection, HookReader::read, Map.<String, HookRule>of());
        var mcp = read(mcpSection, ConnectorReader::mcp, McpRule.NONE);
        var connectors = read(connectorSection, ConnectorReader::connectors, Map.<String, ConnectorRule>of());
        var prices = read(root.section("prices"), PriceReader::read, Map.<String, Map<String, Object>>of());
        var fallbacks = read(
                root.section("fallbacks"),
                section -> FallbackReader.read(section, providers),
                Map.<String, List<String>>of());
        var exporterSection = root.section("exporters");
        var s3 = exporterSection == null ? null : ExporterReader.read(exporterSection);
        var database = read(root.section("database"), DatabaseReader::read, DatabaseRule.USUAL);
        var flags = read(root.section("flags"), PolicyDocument::flags, Map.<String, Boolean>of());
        var chatModels = root.items("chat_models").stream()
                .flatMap(it -> Stream.ofNullable(HuJson.plain(it)))
                .toList();
        root.text("$schema");

        var servers = new HashSet<>(inner(mcpSection));
        servers.addAll(inner(connectorSection));
        var labels =
                connectors.values().stream().flatMap(it -> it.labels().stream()).collect(Collectors.toSet());
        var declared = new Declared(
                keys(providerSection),
                keys(quotaSection),
                keys(hookSection),
                servers,
                mcp.acceptRegistrations(),
                labels);
        var placed = Stream.concat(
                        new GrantReader(declared).read(root).stream(),
                        new TempGrantReader(declared).read(root).stream())
                .toList();
        var grants = placed.stream().map(PlacedGrant::rule).toList();
        var autoCostBasis = root.flagOr("auto_cost_basis", true);

        checkWhole(root.findings(), declared, grants);
        root.reportUnknownKeys();
        return new Policy(
                providers,
                grants,
                placed.stream().map(PlacedGrant::place).toList(),
                quotas,
                autoCostBasis,
                fallbacks,
                prices,
                hooks,
                s3,
                mcp,
                connectors,
                database,
                flags,
                chatModels);
    }

    private static <R> R read(@Nullable Section section, Function<Section, R> reader, R absent) {
        return section == null ? absent : reader.apply(section);
    }

    private static Map<String, Boolean> flags(Section section) {
        var flags = new LinkedHashMap<String, Boolean>();
        for (var name : section.keys()) {
            var flag = section.section(name);
            var value = flag == null ? null : flag.flag("value");
            if (value != null) {
                flags.put(name, value);
            }
            if (flag != null) {
                flag.reportUnknownKeys();
            }
        }
        section.reportUnknownKeys();
        return flags;
    }

    /** The keys that the operator chose, whatever stands there. */
    private static Set<String> keys(@Nullable Section section) {
        return section == null ? Set.of() : section.members().keySet();
    }

    private static Set<String> inner(@Nullable Section section) {
        return section != null && section.value("servers") instanceof Obj servers
                ? servers.members().keySet()
                : Set.of();
    }

    private static void checkWhole(Findings findings, Declared declared, List<GrantRule> grants) {
        if (declared.providers().isEmpty() && declared.servers().isEmpty()) {
            findings.warn(
                    Place.NOWHERE, "no providers or mcp servers defined; users will not be able to access any models");
        }
        if (!declared.providers().isEmpty() && grants.isEmpty()) {
            findings.warn(
                    Place.NOWHERE,
                    "providers are configured but no grants or temp_grants defined; all access will be denied");
        }
        var admins =
                grants.stream().flatMap(it -> it.capabilities().stream()).anyMatch(it -> "admin".equals(it.role()));
        if (!admins) {
            findings.warn(
                    Place.NOWHERE,
                    "no grant in grants or temp_grants assigns role:admin; nobody will be able to manage this "
                            + "instance unless admin is granted via tsnet ACL policy");
        }
    }
}
