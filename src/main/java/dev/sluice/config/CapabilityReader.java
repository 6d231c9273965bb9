package dev.sluice.config;

import dev.sluice.config.GrantRule.Capability;
import dev.sluice.config.GrantRule.Extras;
import dev.sluice.config.GrantRule.SendHook;
import dev.sluice.config.HuJson.Arr;
import dev.sluice.config.HuJson.Text;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Reads one capability.
 *
 * @param title    where it stands, as the documented messages put it
 * @param declared null when its author does not see this document
 */
record CapabilityReader(
        Section section, String title, @Nullable Declared declared) {

    Capability read() {
        var hooks = sendHooks();
        var role = role(section);
        var buckets = buckets();
        var headers = HeaderLine.read(section, "");
        var models = PatternReader.read(section, "models", (text, pattern) -> {
            checkProvider(section, declared, text, pattern);
            return true;
        });
        var extras = new ExtrasReader(section, declared).read();
        return models == null && section.has("models")
                ? new Capability(role, null, buckets, List.of(), hooks, Extras.NONE)
                : new Capability(role, models, buckets, headers, hooks, extras);
    }

    static @Nullable String role(Section section) {
        var role = section.text("role");
        if (role == null || section.isWord("role", role)) {
            return role == null ? null : role.value();
        }
        section.findings()
                .warn(
                        role.at(),
                        section.path("role") + ": \"" + role.written() + "\" (expected: \"admin\" or \"user\")");
        return null;
    }

    static void checkProvider(Section section, @Nullable Declared declared, Text at, String pattern) {
        var provider = PatternReader.first(pattern);
        if (declared != null && !declared.hasProvider(provider)) {
            section.findings()
                    .warn(
                            at.at(),
                            "models pattern \"" + pattern + "\" references provider \"" + provider
                                    + "\" which does not match any declared provider");
        }
    }

    private List<String> buckets() {
        var buckets = new ArrayList<String>();
        if (section.has("quotas") && !(section.value("quotas") instanceof Arr)) {
            buckets.add(section.path("quotas"));
        }
        var items = section.items("quotas");
        for (int i = 0; i < items.size(); i++) {
            var entry = section.section("quotas", i, items.get(i));
            var bucket = entry == null ? null : entry.text("bucket");
            // The refusal will name the place that nobody could read.
            buckets.add(bucket == null ? section.path("quotas") + "[" + i + "]" : bucket.value());
            if (entry != null) {
                checkBucket(entry, bucket, title + " quotas[" + i + "]");
                entry.reportUnknownFields();
            }
        }
        return buckets;
    }

    private void checkBucket(Section entry, @Nullable Text bucket, String where) {
        if (bucket == null) {
            entry.findings().warn(entry.at(), where + ": no bucket ref (expected: {\"bucket\": \"<quota name>\"})");
            return;
        }
        var template = new BucketName(bucket.value()).unsupportedTemplate();
        if (template != null) {
            entry.findings()
                    .warn(
                            bucket.at(),
                            where + ": bucket ref \"" + bucket.written() + "\" has unsupported template \"" + template
                                    + "\" after colon");
        } else if (declared != null && !declared.quotas().contains(bucket.value())) {
            entry.findings().warn(bucket.at(), "quotas references undefined quota \"" + bucket.written() + "\"");
        }
    }

    private List<SendHook> sendHooks() {
        var hooks = new ArrayList<SendHook>();
        for (var entry : section.sections("send_hooks")) {
            var name = hookName(entry, "name", declared);
            var events = entry.words("events", GrantRule.HookEvent.class);
            var send = entry.words("send", GrantRule.HookDatum.class);
            entry.reportUnknownFields();
            if (name != null) {
                hooks.add(new SendHook(name, events, send, null));
            }
        }
        return hooks;
    }

    /** Null when there is none, which is reported. */
    static @Nullable String hookName(Section entry, String key, @Nullable Declared declared) {
        var name = entry.text(key);
        if (name == null || name.value().isEmpty()) {
            entry.findings().warn(entry.at(), entry.path() + ": left out (expected: \"" + key + "\", a hook's name)");
            return null;
        }
        if (declared != null && !declared.hooks().contains(name.value())) {
            entry.findings().warn(name.at(), "send_hooks references undefined hook \"" + name.written() + "\"");
        }
        return name.value();
    }
}
