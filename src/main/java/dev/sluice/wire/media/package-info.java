/**
 * OpenAI's pictures and sound: images made, edited and varied; speech made and understood.
 *
 * <p>We chose one reader for all of them: their usage has one shape, their streams one grammar of typed events, and what
 * differs is in which class of tokens an answer is. Where a model is priced by the picture, the second or the character
 * (dall-e, whisper, tts-1), no usage comes, and its price is unknown here: it is shown so, and never as $0.
 */
@NullMarked
package dev.sluice.wire.media;

import org.jspecify.annotations.NullMarked;
