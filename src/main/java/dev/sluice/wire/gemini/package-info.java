/**
 * Gemini's generateContent, as Google's Gemini API offers it, and what Vertex AI shares with it.
 *
 * <p>A stream is events where the query says {@code alt=sse}, else one JSON array sent piece by piece; the answer's content type tells which.
 */
@NullMarked
package dev.sluice.wire.gemini;

import org.jspecify.annotations.NullMarked;
