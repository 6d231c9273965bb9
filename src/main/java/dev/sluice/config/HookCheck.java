package dev.sluice.config;

import java.util.Set;

/** Checks {@code hooks}, whose endpoints nobody calls yet, so that a document is told what is wrong with it today. */
final class HookCheck {
    private static final Set<String> AUTHORIZATIONS =
            Set.of("bearer", "x-api-key", "x-goog-api-key", "hec", "cf-aig-authorization");

    private HookCheck() {}

    static void check(Section hooks) {
        hooks.sections().forEach(HookCheck::check);
    }

    private static void check(String name, Section hook) {
        hook.accept("apikey", "timeout", "disabled", "fail_policy", "preference");
        var url = hook.text("url");
        if (url == null || url.value().isBlank()) {
            hook.findings().warn(hook.at(), "hook " + name + " has no url configured");
        } else if (!url.value().startsWith("http://") && !url.value().startsWith("https://")) {
            hook.findings()
                    .warn(
                            url.at(),
                            "hook " + name + " has invalid URL scheme (must be http:// or https://): " + url.written());
        }
        var type = hook.text("authorization");
        if (type != null && !type.value().isEmpty() && !AUTHORIZATIONS.contains(type.value())) {
            hook.findings().warn(type.at(), "hook " + name + " has invalid authorization type: " + type.written());
        }
        hook.reportUnknownKeys();
    }
}
