package dev.sluice.routing;

import dev.sluice.config.Policy;
import dev.sluice.config.ProviderRule;
import java.util.List;

/** Which providers serve a model. Safe to share; one instance per policy. */
public interface Router {
    static Router of(Policy policy) {
        return new Offers(policy, it -> !it.disabled());
    }

    /** What the disabled providers would offer, were they enabled. */
    static Router ofDisabled(Policy policy) {
        return new Offers(policy, ProviderRule::disabled);
    }

    /**
     * Enabled providers that offer a model, best first (preference, then by name before by glob, then document order); empty when none does.
     * A qualified name's own provider comes before providers that have the whole of it as a model id.
     *
     * @param requested as the client wrote it: {@code name} or {@code provider/name}; names may contain slashes
     */
    List<Upstream> upstreams(String requested);

    /**
     * What the policy lets answer in an upstream's place ({@code fallbacks}), best first; enabled providers that offer the model only.
     */
    List<Upstream> fallbacks(Upstream upstream);

    /** Every enabled provider's models by name, in document order; models offered by glob have none to list. */
    List<Upstream> all();
}
