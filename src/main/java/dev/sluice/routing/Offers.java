package dev.sluice.routing;

import dev.sluice.config.Policy;
import java.util.List;

/** What the providers of one policy offer. */
record Offers(Policy policy) implements Router {
    @Override
    public List<Upstream> upstreams(String requested) {
        return List.of();
    }

    @Override
    public List<Upstream> all() {
        return List.of();
    }
}
