package dev.sluice.key;

import dev.sluice.config.QuotaRule;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a key is for.
 *
 * @param owner      the login whose grants it has; with tags, who answers for it
 * @param name       for people, may be empty
 * @param tags       sorted; with any, the key is a tagged machine's and no person's
 * @param models     glob patterns over {@code provider/model} that narrow what grants allow; empty: nothing is narrowed
 * @param quota      a bucket of its own beside those of grants; null for none
 * @param expires    null: never
 * @param allowAdmin whether it may have an administrator's role, if its grants assign that
 */
public record KeyTerms(
        String owner,
        String name,
        List<String> tags,
        List<String> models,
        @Nullable Allowance quota,
        @Nullable Instant expires,
        boolean allowAdmin) {
    public KeyTerms {
        tags = tags.stream().sorted().distinct().toList();
        models = List.copyOf(models);
    }

    /** A quota as written, {@code $10} and {@code $5/day}. */
    public record Allowance(String capacity, String rate) {
        /** What it means for a bucket of this name. */
        public QuotaRule rule(String bucket) {
            return QuotaRule.of(bucket, capacity, rate);
        }
    }
}
