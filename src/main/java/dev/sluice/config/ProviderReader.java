package dev.sluice.config;

import dev.sluice.config.HuJson.Text;
import dev.sluice.config.ProviderRule.CostMapping;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Reads {@code providers}. One that could never be asked (no usable address, an id with a slash) is reported and left out: a
 * rule that exists is valid, and a model that nobody can serve is better unknown than broken.
 */
final class ProviderReader {
    private static final String CHAT = "openai_chat";
    private static final int NO_LIMIT = Integer.MAX_VALUE;

    private ProviderReader() {}

    static Map<String, ProviderRule> read(Section providers) {
        var rules = new LinkedHashMap<String, ProviderRule>();
        providers.sections().forEach((id, section) -> {
            var rule = read(id, section);
            section.reportUnknownKeys();
            if (rule != null) {
                rules.put(id, rule);
            }
        });
        return rules;
    }

    private static @Nullable ProviderRule read(String id, Section section) {
        var goodId = id(id, section);
        var baseUrl = baseUrl(id, section);
        var models = section.texts("models").stream().map(Text::value).filter(it -> !it.isBlank());
        var credentials = new CredentialReader(id, section, baseUrl);
        var authMode = credentials.mode();
        var credential = credentials.credential();
        var name = section.textOr("name", "");
        var description = section.textOr("description", "");
        var compatibility = compatibility(section.section("compatibility"));
        var costBasis = costBasis(section);
        var costMap = costMap(section);
        var headers = HeaderLine.read(section, "provider " + id + ": ");
        var preference = section.integerOr("preference", 0);
        var disabled = disabled(section);
        var maxOpenRequests = maxOpenRequests(section);
        var upstream = section.textOr("upstream", "");
        if (!goodId || baseUrl == null || credential == null) {
            return null;
        }
        return new ProviderRule(
                id,
                baseUrl,
                models.distinct().toList(),
                credential,
                authMode,
                name,
                description,
                compatibility,
                costBasis,
                costMap,
                headers,
                preference,
                disabled,
                maxOpenRequests,
                upstream);
    }

    private static boolean id(String id, Section section) {
        var good = !id.isEmpty() && !id.contains("/");
        if (!good) {
            section.findings()
                    .warn(
                            section.at(),
                            "provider \"" + id + "\": id must not be empty or contain \"/\"; it is left out");
        }
        return good;
    }

    private static @Nullable String baseUrl(String id, Section section) {
        var url = section.text("baseurl");
        if (url == null || url.value().isBlank()) {
            section.findings().warn(section.at(), "provider " + id + " has no baseurl configured");
            return null;
        }
        if (!BaseUrl.isValid(url.value())) {
            section.findings()
                    .warn(
                            url.at(),
                            "provider " + id + " has invalid baseurl (must be http:// or https:// with a host, and "
                                    + "without credentials or query): " + url.written());
            return null;
        }
        return url.value();
    }

    private static Set<String> compatibility(@Nullable Section flags) {
        var holding = new LinkedHashSet<String>();
        if (flags == null) {
            return Set.of(CHAT);
        }
        for (var flag : flags.keys()) {
            if (Boolean.TRUE.equals(flags.flag(flag))) {
                holding.add(flag);
            }
        }
        if (holding.isEmpty() && !flags.has(CHAT)) {
            holding.add(CHAT);
        }
        flags.reportUnknownKeys();
        return holding;
    }

    private static @Nullable String costBasis(Section section) {
        var basis = section.text("cost_basis");
        if (basis == null || basis.value().isEmpty()) {
            return null;
        }
        if (!section.isWord("cost_basis", basis)) {
            section.findings()
                    .warn(
                            basis.at(),
                            section.path("cost_basis") + ": \"" + basis.written() + "\" (expected: one of "
                                    + section.expectedWords("cost_basis") + ")");
        }
        return basis.value();
    }

    private static List<CostMapping> costMap(Section section) {
        var mappings = new ArrayList<CostMapping>();
        for (var entry : section.sections("model_cost_map")) {
            costMapping(entry, mappings);
            entry.reportUnknownKeys();
        }
        return mappings;
    }

    private static void costMapping(Section entry, List<CostMapping> mappings) {
        var match = entry.text("match");
        var as = entry.text("as");
        var adjustment = entry.number("adjustment");
        var factor = adjustment == null ? BigDecimal.ONE : adjustment;
        if (match == null || as == null || (entry.has("adjustment") && !PriceReader.isSane(adjustment))) {
            entry.findings()
                    .warn(
                            entry.at(),
                            entry.path()
                                    + ": left out (expected: \"match\" and \"as\", and an \"adjustment\" >= 0 if any)");
        } else {
            mappings.add(new CostMapping(match.value(), as.value(), factor));
        }
    }

    /** A limit that cannot be one is as good as none: the node's holds. */
    private static int maxOpenRequests(Section section) {
        var key = "max_open_requests";
        var limit = section.integerOr(key, NO_LIMIT);
        if (limit <= 0) {
            section.findings()
                    .warn(
                            section.at(key),
                            section.path(key) + ": " + limit
                                    + " (expected: > 0); sluice.limits.provider-open-requests holds");
        }
        return limit <= 0 || limit == NO_LIMIT ? 0 : limit;
    }

    /** A provider whose author wrote {@code disabled} and meant something by it is not used until it is clear what. */
    private static boolean disabled(Section section) {
        var flag = section.flag("disabled");
        return flag == null ? section.has("disabled") : flag;
    }
}
