package dev.sluice.config;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Reads {@code hooks}. One that could never be called is reported and left out. */
final class HookReader {
    private static final Duration USUAL_TIMEOUT = Duration.ofSeconds(5);

    /** 24 to 64 bytes, which is what the specification asks for; base64 with its padding or without. */
    private static final Pattern WEBHOOK_SECRET = Pattern.compile(
            "whsec_(?=[^=]{32,86}=*$)(?:[A-Za-z0-9+/]{4})*" + "(?:[A-Za-z0-9+/]{2}(?:==)?|[A-Za-z0-9+/]{3}=?)?");

    private HookReader() {}

    static Map<String, HookRule> read(Section hooks) {
        var rules = new LinkedHashMap<String, HookRule>();
        hooks.sections().forEach((name, section) -> {
            var rule = read(name, section);
            section.reportUnknownKeys();
            if (rule != null) {
                rules.put(name, rule);
            }
        });
        return rules;
    }

    private static @Nullable HookRule read(String name, Section section) {
        var url = url(name, section);
        var authorization = authorization(name, section);
        var apiKey = section.textOr("apikey", "").strip();
        if (!apiKey.isEmpty() && !CredentialReader.isSendable(apiKey)) {
            section.findings()
                    .warn(
                            section.at("apikey"),
                            "hook " + name + ": apikey has characters that no header can carry; it is ignored");
            apiKey = "";
        }
        var timeout = timeout(section);
        var disabled = section.flagOr("disabled", false);
        var failClosed = failClosed(section);
        var preference = section.integerOr("preference", 0);
        var secret = secret(name, section);
        return url == null
                ? null
                : new HookRule(
                        name,
                        url,
                        Secret.of(apiKey),
                        authorization,
                        timeout,
                        disabled,
                        failClosed,
                        preference,
                        Secret.of(secret));
    }

    private static @Nullable String url(String name, Section section) {
        var url = section.text("url");
        if (url == null || url.value().isBlank()) {
            section.findings().warn(section.at(), "hook " + name + " has no url configured");
            return null;
        }
        if (!url.value().startsWith("http://") && !url.value().startsWith("https://")) {
            section.findings()
                    .warn(
                            url.at(),
                            "hook " + name + " has invalid URL scheme (must be http:// or https://): " + url.written());
            return null;
        }
        if (!BaseUrl.isEndpoint(url.value())) {
            section.findings()
                    .warn(
                            url.at(),
                            "hook " + name + " has invalid url (must have a host, and no credentials or fragment): "
                                    + url.written());
            return null;
        }
        return url.value();
    }

    /** One that nobody could verify signatures with is ignored, and said so; it is never shown. */
    private static String secret(String name, Section section) {
        var secret = section.textOr("secret", "").strip();
        if (secret.isEmpty() || WEBHOOK_SECRET.matcher(secret).matches()) {
            return secret;
        }
        section.findings()
                .warn(
                        section.at("secret"),
                        "hook " + name
                                + ": secret is none of Standard Webhooks (expected: \"whsec_\" and 24 to 64 bytes in base64); calls are not signed");
        return "";
    }

    private static ProviderRule.Authorization authorization(String name, Section section) {
        var type = section.text("authorization");
        if (type == null || type.value().isEmpty()) {
            return ProviderRule.Authorization.BEARER;
        }
        var authorization = CredentialReader.AUTHORIZATIONS.get(type.value());
        if (authorization == null) {
            section.findings().warn(type.at(), "hook " + name + " has invalid authorization type: " + type.written());
            return ProviderRule.Authorization.BEARER;
        }
        return authorization;
    }

    private static Duration timeout(Section section) {
        var written = section.text("timeout");
        if (written == null || written.value().isEmpty()) {
            return USUAL_TIMEOUT;
        }
        return GoDuration.parse(written.value()).orElseGet(() -> {
            section.findings()
                    .warn(
                            written.at(),
                            section.path("timeout") + ": \"" + written.written()
                                    + "\" (expected: a duration, for example 5s, or 0 for none)");
            return USUAL_TIMEOUT;
        });
    }

    /** Who wrote something here and did not mean {@code fail_open} wanted to be on the safe side. */
    private static boolean failClosed(Section section) {
        var policy = section.word("fail_policy", FailPolicy.class);
        var written = section.value("fail_policy");
        var silent = written == null
                || (written instanceof HuJson.Text text && text.value().isEmpty());
        return policy == null ? !silent : policy == FailPolicy.FAIL_CLOSED;
    }

    private enum FailPolicy {
        FAIL_OPEN,
        FAIL_CLOSED
    }
}
