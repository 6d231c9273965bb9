/**
 * Formats that answer with numbers: embeddings, rerank, moderation. Nothing is generated, so only the prompt costs.
 *
 * <p>We chose one reader for all three, because all that matters of their answers is a usage of a few fields, and skips the
 * vectors however many megabytes they have.
 */
@NullMarked
package dev.sluice.wire.numbers;

import org.jspecify.annotations.NullMarked;
