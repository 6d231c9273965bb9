package dev.sluice.key;

import java.time.Instant;

/** A key was used; not every use is told, once a minute is. */
record KeyUsed(Instant at) implements KeyEvent {}
