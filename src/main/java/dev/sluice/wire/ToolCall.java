package dev.sluice.wire;

import org.jspecify.annotations.Nullable;

/**
 * A call that the client must run.
 *
 * @param id        null when the format gave none
 * @param arguments the argument text as it came, joined from its fragments (empty means none); JSON for function tools, any text for free-text tools; cut at {@link AnswerReader#MAX_ARGUMENT_BYTES}
 * @param json      true when the format says that {@code arguments} is JSON
 */
public record ToolCall(@Nullable String id, String name, String arguments, boolean json) {}
