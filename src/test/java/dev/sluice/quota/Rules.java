package dev.sluice.quota;

import dev.sluice.config.QuotaRule;
import java.time.Duration;
import java.time.Instant;

/** Definitions and instants to test with. */
final class Rules {
    static final Instant NOON = Instant.parse("2026-01-01T12:00:00Z");

    private Rules() {}

    /** Holds {@code capacity}, never refills. */
    static QuotaRule holds(long capacity) {
        return rule(capacity, 0, Duration.ofDays(1));
    }

    static QuotaRule rule(long capacity, long rate, Duration per) {
        return new QuotaRule("test", capacity, rate, per, "$" + rate + "/" + per, false);
    }

    static QuotaRule strict(QuotaRule rule) {
        return new QuotaRule(rule.name(), rule.capacityNanos(), rule.rateNanos(), rule.per(), rule.rate(), true);
    }
}
