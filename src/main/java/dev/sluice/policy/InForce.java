package dev.sluice.policy;

import dev.sluice.access.Access;
import dev.sluice.config.Policy;
import dev.sluice.pricing.PriceBook;
import dev.sluice.routing.Router;
import java.time.InstantSource;

/** A policy and what is derived from it: swapped whole, and taken once a request, so that no request sees half of two. */
public record InForce(Policy policy, Access access, Router router, PriceBook prices) {
    public static InForce of(Policy policy, InstantSource clock) {
        return new InForce(policy, Access.of(policy, clock), Router.of(policy), PriceBook.of(policy));
    }
}
