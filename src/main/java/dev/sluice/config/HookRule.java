package dev.sluice.config;

import java.time.Duration;

/**
 * One hook: an endpoint that grants refer to.
 *
 * @param url        as written
 * @param timeout    zero for as long as it takes
 * @param failClosed whether a request is refused when this hook must be asked first and fails
 * @param preference higher is asked first, ties by name
 * @param secret     what calls are signed with, as Standard Webhooks have it; empty for none
 */
public record HookRule(
        String name,
        String url,
        Secret apiKey,
        ProviderRule.Authorization authorization,
        Duration timeout,
        boolean disabled,
        boolean failClosed,
        int preference,
        Secret secret) {
    public HookRule {
        if (!BaseUrl.isEndpoint(url)) {
            throw new IllegalArgumentException(
                    "hooks." + name + ".url: " + url + " (expected: an http or https URL with a host)");
        }
        if (timeout.isNegative()) {
            throw new IllegalArgumentException("hooks." + name + ".timeout: " + timeout + " (expected: >= 0)");
        }
    }
}
