package dev.sluice.gate;

import dev.sluice.access.Role;

/** What an endpoint demands of its caller. */
public enum Needs {
    /** Nothing: the caller is not even identified. */
    NOTHING(Role.NONE),
    /** Any role. */
    ROLE(Role.USER),
    /** The role of an administrator. */
    ADMIN(Role.ADMIN),
    /** Any role, and a permit for the model, which the endpoint asks for once it has read which model that is. */
    MODEL(Role.USER);

    private final Role least;

    Needs(Role least) {
        this.least = least;
    }

    boolean isMetBy(Role role) {
        return role.compareTo(least) >= 0;
    }
}
