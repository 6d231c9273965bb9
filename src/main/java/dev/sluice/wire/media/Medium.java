package dev.sluice.wire.media;

/** What an answer is: in which class its tokens are. */
enum Medium {
    PICTURES,
    SPEECH,
    TRANSCRIPT
}
