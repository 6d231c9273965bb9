/**
 * OpenAI chat completions.
 */
@NullMarked
package dev.sluice.wire.chat;

import org.jspecify.annotations.NullMarked;
