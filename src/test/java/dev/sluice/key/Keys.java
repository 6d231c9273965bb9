package dev.sluice.key;

import dev.sluice.key.KeyTerms.Allowance;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Keys to test with. */
final class Keys {
    static final Instant NOON = Instant.parse("2026-11-21T12:00:00Z");
    static final String SHA256 = KeyHash.of("sk-sluice-test").hex();

    private Keys() {}

    static KeyTerms terms(String owner, @Nullable Instant expires) {
        return new KeyTerms(owner, "", List.of(), List.of(), null, expires, false);
    }

    static KeyRecord key(String id, @Nullable Instant expires) {
        return new KeyRecord(id, terms("alice@example.com", expires), NOON, "(loopback)");
    }

    /** With everything there is. */
    static KeyRecord full(String id) {
        return new KeyRecord(
                id,
                new KeyTerms(
                        "alice@example.com",
                        "build",
                        List.of("tag:ci", "tag:api"),
                        List.of("anthropic/**"),
                        new Allowance("$10", "$5/day"),
                        NOON.plusSeconds(3600),
                        true),
                NOON,
                "root@example.com");
    }
}
