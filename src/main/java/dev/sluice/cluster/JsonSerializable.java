package dev.sluice.cluster;

/** Marks events and state: they live for years, as JSON that a person can read. */
public interface JsonSerializable {}
