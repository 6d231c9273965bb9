package dev.sluice.wire;

/** Why an answer ended, in one vocabulary. */
public enum FinishReason {
    STOP,
    LENGTH,
    TOOL_CALLS,
    CONTENT_FILTER,
    ERROR,
    OTHER
}
