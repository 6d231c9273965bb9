package dev.sluice.config;

import dev.sluice.config.GrantReader.Declared;
import dev.sluice.config.HuJson.Obj;
import dev.sluice.config.HuJson.Place;
import dev.sluice.config.HuJson.Value;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * Reads the policy document: HuJSON in, a {@link Policy} and everything that is wrong with the document out.
 *
 * <p>Errors (syntax, macros nobody substituted, broken quotas, impossible prices) leave no policy. Whatever else is wrong is a
 * warning, and is read as absent. Of duplicate keys the last one wins. Some keys are additions of ours, all optional:
 * {@code quotas.*.strict}, {@code fallbacks}, {@code prices}, and of providers {@code apikeys}, {@code vertex_region}, {@code aws_region},
 * {@code aws_profile} and the {@code authorization} {@code sigv4}.
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
        var root = root(text, findings, macros::substitute);
        var policy = root == null ? null : policy(root);
        if (!macros.unresolved().isEmpty()) {
            findings.error(Place.NOWHERE, "unsubstituted macros: [" + String.join(", ", macros.unresolved()) + "]");
        }
        return new PolicyReading(findings.anyError() ? null : policy, findings.inOrder());
    }

    /**
     * Reads the capabilities that came with a caller: an object of capability name to array, as {@code app} in a grant. No
     * macro is substituted in it: callers must not read the environment.
     */
    public static GrantReading readCapabilities(String text) {
        var findings = new Findings();
        var root = root(text, findings, UnaryOperator.identity());
        if (root == null) {
            return new GrantReading(null, findings.inOrder());
        }
        for (var member : root.members().entrySet()) {
            if (!(member.getValue().value() instanceof HuJson.Arr)) {
                findings.error(member.getValue().at(), member.getKey() + ": (expected: array)");
            }
        }
        var grant = new GrantReader(null).app(root, List.of("*"), 0);
        return new GrantReading(findings.anyError() ? null : grant, findings.inOrder());
    }

    private static @Nullable Section root(String text, Findings findings, UnaryOperator<String> substitute) {
        Value value;
        try {
            value = HuJson.parse(text, findings, substitute);
        } catch (HuJson.Malformed e) {
            findings.error(e.at, e.details());
            return null;
        }
        if (value instanceof Obj object) {
            return new Section(object, "", findings);
        }
        findings.error(value.at(), "config: " + HuJson.kind(value) + " (expected: object)");
        return null;
    }

    private static Policy policy(Section root) {
        // Belong to parts that are not there yet. Grants by the deprecated syntax count for nothing, so its warnings
        // about missing grants stay: they are true.
        root.accept("exporters", "database", "flags", "chat_models", "temp_grants");

        var providerSection = root.section("providers");
        Map<String, ProviderRule> providers = providerSection == null ? Map.of() : ProviderReader.read(providerSection);
        var quotaSection = root.section("quotas");
        Map<String, QuotaRule> quotas = quotaSection == null ? Map.of() : QuotaReader.read(quotaSection);
        var hookSection = root.section("hooks");
        if (hookSection != null) {
            HookCheck.check(hookSection);
        }
        var priceSection = root.section("prices");
        Map<String, Map<String, Object>> prices = priceSection == null ? Map.of() : PriceReader.read(priceSection);
        var fallbackSection = root.section("fallbacks");
        Map<String, List<String>> fallbacks =
                fallbackSection == null ? Map.of() : FallbackReader.read(fallbackSection, providers);
        var declared = new Declared(keys(providerSection), keys(quotaSection), keys(hookSection));
        var grants = new GrantReader(declared).read("grants", root);
        var autoCostBasis = !Boolean.FALSE.equals(root.flag("auto_cost_basis"));

        checkWhole(root, declared, grants);
        root.reportUnknownKeys();
        return new Policy(providers, grants, quotas, autoCostBasis, fallbacks, prices);
    }

    private static Set<String> keys(@Nullable Section section) {
        return section == null ? Set.of() : section.members().keySet();
    }

    private static void checkWhole(Section root, Declared declared, List<GrantRule> grants) {
        var servers = servers(root.section("mcp")) + servers(root.section("connectors"));
        if (declared.providers().isEmpty() && servers == 0) {
            root.findings()
                    .warn(
                            Place.NOWHERE,
                            "no providers or mcp servers defined; users will not be able to access any models");
        }
        if (!declared.providers().isEmpty() && grants.isEmpty()) {
            root.findings()
                    .warn(
                            Place.NOWHERE,
                            "providers are configured but no grants or temp_grants defined; all access will be denied");
        }
        var admins =
                grants.stream().flatMap(it -> it.capabilities().stream()).anyMatch(it -> "admin".equals(it.role()));
        if (!admins) {
            root.findings()
                    .warn(
                            Place.NOWHERE,
                            "no grant in grants or temp_grants assigns role:admin; nobody will be able to manage this "
                                    + "instance unless admin is granted via tsnet ACL policy");
        }
    }

    private static int servers(@Nullable Section section) {
        var servers = section == null ? null : section.section("servers");
        return servers == null ? 0 : servers.members().size();
    }
}
