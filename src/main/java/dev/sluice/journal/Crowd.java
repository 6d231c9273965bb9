package dev.sluice.journal;

/**
 * An event that may be that of several requests at once. The journal sees in it that many are at work, and gives them a moment to gather.
 */
public interface Crowd {
    /** How many requests wait for it to be written. */
    int waiting();
}
