package dev.sluice.key;

import java.time.Instant;

/** A key holds no more. */
record KeyRevoked(Instant at, String by) implements KeyEvent {}
