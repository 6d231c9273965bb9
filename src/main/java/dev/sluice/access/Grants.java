package dev.sluice.access;

import dev.sluice.config.Policy;
import dev.sluice.identity.Caller;
import java.util.Optional;

/** The grants of one policy. */
record Grants(Policy policy) implements Access {
    @Override
    public Role role(Caller caller) {
        return Role.NONE;
    }

    @Override
    public Optional<Permit> permit(Caller caller, String provider, String model) {
        return Optional.empty();
    }
}
