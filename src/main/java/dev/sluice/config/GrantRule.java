package dev.sluice.config;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One grant: callers that match {@code src} get every capability of it.
 *
 * @param src          {@code *}, a login, {@code (loopback)}, a tag, or tags sorted and joined by commas
 * @param capabilities those of {@code tailscale.com/cap/aperture}, in document order
 * @param custom       other capability keys of {@code app}, as JSON values (maps, lists, strings, numbers)
 */
public record GrantRule(List<String> src, List<Capability> capabilities, Map<String, Object> custom) {
    public GrantRule {
        src = List.copyOf(src);
        capabilities = List.copyOf(capabilities);
        custom = Ordered.copy(custom);
    }

    /**
     * One capability object.
     *
     * @param role    {@code admin} or {@code user}, null when it assigns none
     * @param models  glob patterns over {@code provider/model}; null when the field is absent: then the capability floats
     *     and applies to every model (it grants none)
     * @param buckets names of quotas as referenced, templates included
     */
    public record Capability(
            @Nullable String role,
            @Nullable List<String> models,
            List<String> buckets,
            List<Map.Entry<String, String>> addHeaders) {
        public Capability {
            if (role != null && !role.equals("admin") && !role.equals("user")) {
                throw new IllegalArgumentException("role: " + role + " (expected: admin or user)");
            }
            models = models == null ? null : List.copyOf(models);
            buckets = List.copyOf(buckets);
            addHeaders = List.copyOf(addHeaders);
        }
    }
}
