package dev.sluice.access;

import dev.sluice.config.Policy;
import dev.sluice.identity.Caller;
import java.time.InstantSource;
import java.util.Optional;

/** What a caller may use. Deny by default: no rule, no access. Safe to share; one instance per policy. */
public interface Access {
    /**
     * The access that a policy gives.
     *
     * @param clock tells which grants hold; one that ends does so with the next question
     */
    static Access of(Policy policy, InstantSource clock) {
        return new Grants(policy, clock);
    }

    /** The highest role that any matching grant assigns; {@link Role#NONE} when none does. */
    Role role(Caller caller);

    /**
     * The proof that this caller may use this model of this provider: empty when no matching grant covers it. Buckets of
     * all matching grants add up, those of floating capabilities too.
     */
    Optional<Permit> permit(Caller caller, String provider, String model);

    /** Whether any grant lets pages of other sites read anything: when none does, nobody needs to ask further. */
    default boolean knowsOtherSites() {
        return false;
    }

    /** Which pages of other sites may read what this caller is answered. */
    default CrossOrigin crossOrigin(Caller caller) {
        return CrossOrigin.NONE;
    }

    /** What any grant lets such pages ask, whoever the caller will be. */
    default CrossOrigin crossOriginOfAnybody() {
        return CrossOrigin.NONE;
    }
    /** Whether a grant lets the caller read the node's numbers ({@code read_metrics}). */
    boolean readsMetrics(Caller caller);

    /** Whether a grant lets the caller read the price table ({@code read_pricing}). */
    boolean readsPricing(Caller caller);

    /** Why {@link #role} and {@link #permit} answer this caller as they do now: the same decision, with all that has a part in it. */
    Explanation explain(Caller caller);
}
