package dev.sluice.cluster;

/** Marks messages between actors: they live milliseconds and travel as CBOR. */
public interface CborSerializable {}
