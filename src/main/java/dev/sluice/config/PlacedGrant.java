package dev.sluice.config;

/** A grant as read, and where. */
record PlacedGrant(GrantRule rule, GrantPlace place) {}
