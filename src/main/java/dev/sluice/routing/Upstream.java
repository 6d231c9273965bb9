package dev.sluice.routing;

import dev.sluice.config.ProviderRule;

/**
 * The provider that serves a request, and the model's name there.
 *
 * @param model as the provider wants it, without a {@code provider/} prefix
 */
public record Upstream(ProviderRule provider, String model) {
    /** As grants and records name it: {@code provider/model}. */
    public String name() {
        return provider.id() + "/" + model;
    }
}
