/**
 * OpenAI Responses.
 */
@NullMarked
package dev.sluice.wire.responses;

import org.jspecify.annotations.NullMarked;
