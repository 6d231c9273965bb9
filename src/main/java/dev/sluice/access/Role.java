package dev.sluice.access;

/** What a caller is, in rising order. */
public enum Role {
    NONE,
    USER,
    ADMIN
}
