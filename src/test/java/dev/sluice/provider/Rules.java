package dev.sluice.provider;

import dev.sluice.config.CredentialRule;
import dev.sluice.config.CredentialRule.Keys;
import dev.sluice.config.ProviderRule;
import dev.sluice.config.ProviderRule.AuthMode;
import dev.sluice.config.ProviderRule.Authorization;
import dev.sluice.config.Secret;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;

/** Providers for tests, with everything that does not matter filled in. */
final class Rules {
    private Rules() {}

    static ProviderRule provider(String baseUrl, CredentialRule credential) {
        return provider(baseUrl, credential, AuthMode.OVERRIDE, List.of());
    }

    static ProviderRule provider(
            String baseUrl, CredentialRule credential, AuthMode mode, List<Map.Entry<String, String>> headers) {
        return new ProviderRule(
                "p",
                baseUrl,
                List.of("m"),
                credential,
                mode,
                "",
                "",
                Set.of("openai_chat"),
                null,
                List.of(),
                headers,
                0,
                false,
                0,
                "");
    }

    static Keys keys(Authorization authorization, String... keys) {
        return new Keys(Stream.of(keys).map(Secret::of).toList(), authorization);
    }

    static Keys keys(String... keys) {
        return keys(Authorization.BEARER, keys);
    }
}
