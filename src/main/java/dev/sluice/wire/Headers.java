package dev.sluice.wire;

import org.jspecify.annotations.Nullable;

/** A message's headers, looked up. */
@FunctionalInterface
public interface Headers {
    /**
     * A header's value, the first one's when there are several; null when there is none.
     *
     * @param name in lower case
     */
    @Nullable
    String value(String name);
}
