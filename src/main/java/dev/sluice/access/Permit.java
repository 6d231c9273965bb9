package dev.sluice.access;

import dev.sluice.config.QuotaRule;
import dev.sluice.identity.Caller;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The proof that a caller may use a model, and what it costs them.
 *
 * @param buckets    every bucket to charge, each name once
 * @param addHeaders from matching grants, for the upstream request
 */
public record Permit(
        Caller caller,
        String provider,
        String model,
        List<Bucket> buckets,
        List<Map.Entry<String, String>> addHeaders) {
    public Permit {
        buckets = List.copyOf(buckets);
        addHeaders = List.copyOf(addHeaders);
    }

    /**
     * A bucket with its templates expanded.
     *
     * @param name for example {@code daily:alice@example.com}
     * @param rule null when the grant names a quota that the policy does not define, or a template nobody can
     *     expand: requests are then refused (429)
     */
    public record Bucket(String name, @Nullable QuotaRule rule) {}
}
