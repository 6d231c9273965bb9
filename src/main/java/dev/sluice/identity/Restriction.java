package dev.sluice.identity;

import dev.sluice.config.QuotaRule;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a proof of identity itself takes away from what its caller may; it never adds anything.
 *
 * @param models     glob patterns over {@code provider/model}, of which one must match, too; empty: no such restriction
 * @param quota      a bucket, by the rule's name, that every request is charged to as well; null for none
 * @param allowAdmin whether the role may be an administrator's
 */
public record Restriction(List<String> models, @Nullable QuotaRule quota, boolean allowAdmin) {
    /** Takes away nothing. */
    public static final Restriction NONE = new Restriction(List.of(), null, true);

    public Restriction {
        models = List.copyOf(models);
    }
}
