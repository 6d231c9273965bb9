package dev.sluice.policy;

/** The file on disk has the text of the version with this number. */
record PolicyWritten(long number) implements PolicyHistory.Event {}
