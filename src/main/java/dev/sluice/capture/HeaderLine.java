package dev.sluice.capture;

import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * A header as it is kept: of one that may be somebody's credential, only that it was there.
 *
 * @param name in lower case
 */
public record HeaderLine(String name, String value) {
    /** Stands for what is not kept. */
    public static final String REDACTED = "***";

    private static final Set<String> CREDENTIALS = Set.of("x-goog-api-key", "api-key", "x-amz-security-token");

    private static final Pattern CREDENTIAL_NAME =
            Pattern.compile("authorization|cookie|token|secret|password|passwd|credential|assertion|jwt|key$");

    /** How much is left of a limit on tokens is nobody's secret, and the reason for many a question. */
    private static final Pattern ALLOWANCE = Pattern.compile("^(x|anthropic)-ratelimit-.*|.*-tokens?-(count|limit)$");

    /** Whatever its header is called: our own keys, those of providers, and what says that it is one. */
    private static final Pattern CREDENTIAL_VALUE = Pattern.compile(
            "sk-sluice-|\\bsk-[A-Za-z0-9_-]{16,}|\\bAIza[A-Za-z0-9_-]{30,}|\\bAKIA[A-Z0-9]{12,}|\\beyJ[A-Za-z0-9_-]{8,}\\.|^(?i:bearer|basic|negotiate|digest)\\s");

    static HeaderLine of(String name, String value) {
        var lower = name.toLowerCase(Locale.ROOT);
        return new HeaderLine(lower, isCredential(lower, value) ? REDACTED : value);
    }

    private static boolean isCredential(String name, String value) {
        return CREDENTIALS.contains(name)
                || (CREDENTIAL_NAME.matcher(name).find()
                        && !ALLOWANCE.matcher(name).matches())
                || CREDENTIAL_VALUE.matcher(value).find();
    }
}
