package dev.sluice.config;

/** How much of what stands at a key of the policy document nobody may read back. */
enum Secrecy {
    /** Nothing of it. */
    NONE,
    /** All of it: a credential. */
    WHOLE,
    /** The value of a line {@code Header-Name: value}, for a header whose name speaks of a credential. */
    HEADER
}
