package dev.sluice.access;

import dev.sluice.config.GrantRule.HookDatum;
import dev.sluice.config.GrantRule.HookEvent;
import dev.sluice.config.HookRule;
import dev.sluice.config.QuotaRule;
import dev.sluice.identity.Caller;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The proof that a caller may use a model, and what it costs them.
 *
 * @param buckets    every bucket to charge, each name once
 * @param addHeaders from matching grants, for the upstream request
 * @param hooks      that are called with it, each once
 * @param custom     what grants give the caller beside what is ours: lists by the names of capabilities; empty where no hook is sent it
 */
public record Permit(
        Caller caller,
        String provider,
        String model,
        List<Bucket> buckets,
        List<Map.Entry<String, String>> addHeaders,
        List<Hook> hooks,
        Map<String, List<Object>> custom) {
    public Permit {
        buckets = List.copyOf(buckets);
        addHeaders = List.copyOf(addHeaders);
        hooks = List.copyOf(hooks);
    }

    /** One without hooks. */
    public Permit(
            Caller caller,
            String provider,
            String model,
            List<Bucket> buckets,
            List<Map.Entry<String, String>> addHeaders) {
        this(caller, provider, model, buckets, addHeaders, List.of(), Map.of());
    }

    /**
     * A hook, with all that matching grants say of it together.
     *
     * @param rule null when the policy does not define it. Whoever was to be asked before a request then cannot be, and the request is
     *     refused; nobody is told afterwards
     */
    public record Hook(String name, @Nullable HookRule rule, Set<HookEvent> events, Set<HookDatum> send) {
        public Hook {
            events = Set.copyOf(events);
            send = Set.copyOf(send);
        }
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
