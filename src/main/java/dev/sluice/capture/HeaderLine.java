package dev.sluice.capture;

import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;

/**
 * A header as it is kept: of one that may be somebody's credential, only that it was there.
 *
 * @param name in lower case
 */
public record HeaderLine(String name, String value) {
    /** Stands for what is not kept. */
    public static final String REDACTED = "***";

    private static final List<String> CREDENTIAL_NAMES = List.of(
            "authorization",
            "cookie",
            "token",
            "secret",
            "password",
            "passwd",
            "credential",
            "assertion",
            "signature",
            "jwt");

    /** A word of a name; whole, for "author" and "authority" are nobody's secret. */
    private static final Pattern AUTH = Pattern.compile("(.*[-_])?auth([-_].*)?");

    /** Addresses, such as in Referer or what proxies add, have credentials in their query. */
    private static final Pattern CREDENTIAL_PARAMETER = Pattern.compile(
            "[?&;#][^=?&;#\\s]*(key|token|secret|sig|signature|password|credential|auth|code|jwt)=[^&#\\s]",
            Pattern.CASE_INSENSITIVE);

    /** How much is left of a limit on tokens is nobody's secret, and the reason for many a question. */
    private static final Pattern ALLOWANCE = Pattern.compile("(x|anthropic)-ratelimit-.*|.*-tokens?-(count|limit)");

    /** Looked for first, because most values have none of them, and a pattern takes its time. */
    private static final List<String> CREDENTIAL_SIGNS = List.of("sk-", "AIza", "AKIA", "eyJ");

    /** Whatever its header is called: our own keys, those of providers, and tokens. */
    private static final Pattern CREDENTIAL_VALUE = Pattern.compile(
            "sk-sluice-|\\bsk-[A-Za-z0-9_-]{16,}|\\bAIza[A-Za-z0-9_-]{30,}|\\bAKIA[A-Z0-9]{12,}|\\beyJ[A-Za-z0-9_-]{8,}\\.");

    private static final List<String> SCHEMES = List.of("bearer ", "basic ", "negotiate ", "digest ");

    static HeaderLine of(String name, String value) {
        var lower = name.toLowerCase(Locale.ROOT);
        return new HeaderLine(lower, isCredential(lower, value) ? REDACTED : value);
    }

    private static boolean isCredential(String name, String value) {
        return (isCredentialName(name) && !ALLOWANCE.matcher(name).matches())
                || SCHEMES.stream().anyMatch(scheme -> value.regionMatches(true, 0, scheme, 0, scheme.length()))
                || (CREDENTIAL_SIGNS.stream().anyMatch(value::contains)
                        && CREDENTIAL_VALUE.matcher(value).find())
                || (value.indexOf('=') >= 0
                        && CREDENTIAL_PARAMETER.matcher(value).find());
    }

    private static boolean isCredentialName(String name) {
        return name.endsWith("key")
                || name.endsWith("keys")
                || AUTH.matcher(name).matches()
                || CREDENTIAL_NAMES.stream().anyMatch(name::contains);
    }
}
