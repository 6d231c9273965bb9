/**
 * Vertex AI: Gemini under a project's and a location's path, and Anthropic's messages in Google's envelope.
 */
@NullMarked
package dev.sluice.wire.vertex;

import org.jspecify.annotations.NullMarked;
