package dev.sluice.config;

import dev.sluice.config.GrantRule.Capability;
import dev.sluice.config.HuJson.Arr;
import dev.sluice.config.HuJson.Text;
import dev.sluice.config.HuJson.Value;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Reads grants, and the capabilities that come with a caller. What cannot be read never widens access and never frees from
 * a quota: a narrowing that nobody here can check leaves the grant out; {@code models} that cannot be read grant nothing,
 * while the quotas beside them hold for every model; a quota that cannot be read is one that nobody defined.
 */
final class GrantReader {
    static final String CAPABILITY = "tailscale.com/cap/aperture";

    /** Names that a grant may refer to. */
    record Declared(Set<String> providers, Set<String> quotas, Set<String> hooks) {}

    // What came with a caller is checked against nothing: its author does not see this document.
    private final @Nullable Declared declared;

    GrantReader(@Nullable Declared declared) {
        this.declared = declared;
    }

    List<GrantRule> read(String key, Section root) {
        var rules = new ArrayList<GrantRule>();
        var items = root.items(key);
        for (int i = 0; i < items.size(); i++) {
            var grant = root.section(key + "[" + i + "]", items.get(i));
            if (grant != null) {
                var rule = read(grant, i);
                grant.reportUnknownFields();
                if (rule != null) {
                    rules.add(rule);
                }
            }
        }
        return rules;
    }

    private @Nullable GrantRule read(Section grant, int number) {
        var src = grant.texts("src").stream().map(Text::value).toList();
        var app = grant.section("app");
        var rule = app == null ? new GrantRule(src, List.of(), Map.of()) : app(app, src, number);
        if (grant.has("srcPosture")) {
            grant.findings()
                    .warn(
                            grant.at("srcPosture"),
                            grant.path() + ": srcPosture narrows the grant and cannot be checked here; it is left out");
            return null;
        }
        return rule;
    }

    GrantRule app(Section app, List<String> src, int number) {
        var capabilities = new ArrayList<Capability>();
        var custom = new LinkedHashMap<String, Object>();
        app.members().forEach((key, member) -> {
            if (key.equals(CAPABILITY)) {
                capabilities(app, member.value(), number, capabilities);
            } else {
                var plain = HuJson.plain(member.value());
                if (plain != null) {
                    custom.put(key, plain);
                }
            }
        });
        return new GrantRule(src, capabilities, custom);
    }

    private void capabilities(Section app, Value value, int number, List<Capability> capabilities) {
        var where = app.path(CAPABILITY);
        if (!(value instanceof Arr array)) {
            app.mismatch(where, value, "array");
            return;
        }
        for (int i = 0; i < array.items().size(); i++) {
            var section = app.section(where + "[" + i + "]", array.items().get(i));
            if (section != null) {
                capabilities.add(capability(section, "grants[" + number + "] grant " + i));
                section.reportUnknownFields();
            }
        }
    }

    private Capability capability(Section section, String title) {
        // Access to what other parts will offer; nobody reads it yet, so it grants nothing.
        section.accept("mcp_tools", "mcp_resources", "mcp_templates", "connectors", "skills", "direct_paths");
        section.accept("enable_chat_ui", "read_metrics", "read_pricing", "filterable_headers");
        section.accept("set_cors", "cors_paths", "Access-Control-Allow-Origin");
        section.accept("Access-Control-Allow-Methods", "Access-Control-Allow-Headers");
        checkHooks(section);
        var role = role(section);
        var buckets = buckets(section, title);
        var headers = HeaderLine.read(section, "");
        var models = models(section);
        if (models == null && section.has("models")) {
            return new Capability(role, null, buckets, List.of());
        }
        return new Capability(role, models, buckets, headers);
    }

    private static @Nullable String role(Section section) {
        var role = section.text("role");
        if (role == null || role.value().equals("admin") || role.value().equals("user")) {
            return role == null ? null : role.value();
        }
        section.findings()
                .warn(
                        role.at(),
                        section.path("role") + ": \"" + role.written() + "\" (expected: \"admin\" or \"user\")");
        return null;
    }

    /** Patterns of a string, which separates several by spaces, or of an array; null when absent or unreadable. */
    private @Nullable List<String> models(Section section) {
        return switch (section.value("models")) {
            case null -> null;
            case Text text -> patterns(section, List.of(text));
            case Arr array -> {
                var texts = section.texts(section.path("models"), array.items());
                yield texts.size() == array.items().size() ? patterns(section, texts) : null;
            }
            case Value other -> {
                section.mismatch(section.path("models"), other, "string or array");
                yield null;
            }
        };
    }

    private List<String> patterns(Section section, List<Text> texts) {
        var patterns = new ArrayList<String>();
        for (var text : texts) {
            for (var pattern : text.value().split("\\s+", -1)) {
                if (!pattern.isEmpty()) {
                    patterns.add(pattern);
                    checkProvider(section, text, pattern);
                }
            }
        }
        return patterns;
    }

    private void checkProvider(Section section, Text text, String pattern) {
        var slash = pattern.indexOf('/');
        var provider = slash < 0 ? pattern : pattern.substring(0, slash);
        if (declared == null || provider.equals("*") || provider.equals("**")) {
            return;
        }
        var glob = Glob.of(provider);
        if (declared.providers().stream().noneMatch(glob::matches)) {
            section.findings()
                    .warn(
                            text.at(),
                            "models pattern \"" + pattern + "\" references provider \"" + provider
                                    + "\" which does not match any declared provider");
        }
    }

    private List<String> buckets(Section section, String title) {
        var buckets = new ArrayList<String>();
        if (section.has("quotas") && !(section.value("quotas") instanceof Arr)) {
            buckets.add(section.path("quotas"));
        }
        var items = section.items("quotas");
        for (int i = 0; i < items.size(); i++) {
            var where = section.path("quotas") + "[" + i + "]";
            var entry = section.section(where, items.get(i));
            var bucket = entry == null ? null : entry.text("bucket");
            // The refusal will name the place that nobody could read.
            buckets.add(bucket == null ? where : bucket.value());
            if (entry != null) {
                checkBucket(entry, bucket, title + " quotas[" + i + "]");
                entry.reportUnknownFields();
            }
        }
        return buckets;
    }

    private void checkBucket(Section entry, @Nullable Text bucket, String title) {
        if (bucket == null) {
            entry.findings().warn(entry.at(), title + ": no bucket ref (expected: {\"bucket\": \"<quota name>\"})");
            return;
        }
        var template = new BucketName(bucket.value()).unsupportedTemplate();
        if (template != null) {
            entry.findings()
                    .warn(
                            bucket.at(),
                            title + ": bucket ref \"" + bucket.written() + "\" has unsupported template \"" + template
                                    + "\" after colon");
        } else if (declared != null && !declared.quotas().contains(bucket.value())) {
            entry.findings().warn(bucket.at(), "quotas references undefined quota \"" + bucket.written() + "\"");
        }
    }

    private void checkHooks(Section section) {
        var items = section.items("send_hooks");
        for (int i = 0; i < items.size(); i++) {
            var entry = section.section(section.path("send_hooks") + "[" + i + "]", items.get(i));
            if (entry == null) {
                continue;
            }
            entry.accept("events", "send");
            var name = entry.text("name");
            if (name != null && declared != null && !declared.hooks().contains(name.value())) {
                entry.findings().warn(name.at(), "send_hooks references undefined hook \"" + name.written() + "\"");
            }
            entry.reportUnknownFields();
        }
    }
}
