package dev.sluice.audit;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What an endpoint has to say about an action: which bucket, how much. Never a secret, for it stays in the journal for ever. Bounded: what is too
 * long is cut, and what comes after {@link #MAX} others is dropped. Safe to share between threads.
 */
public final class Notes {
    /** For calls that nobody audits: keeps nothing. */
    public static final Notes NONE = new Notes(0);

    /** More than any action needs. */
    static final int MAX = 16;

    static final int KEY_CHARS = 64;
    static final int VALUE_CHARS = 256;

    private final Map<String, String> values = new LinkedHashMap<>();
    private final int max;

    public Notes() {
        this(MAX);
    }

    private Notes(int max) {
        this.max = max;
    }

    /** A key written again takes the place of what was there. */
    public void put(String key, String value) {
        if (max == 0) {
            return;
        }
        var name = Text.bounded(key, KEY_CHARS);
        synchronized (values) {
            if (values.size() < max || values.containsKey(name)) {
                values.put(name, Text.bounded(value, VALUE_CHARS));
            }
        }
    }

    /** In the order they came. */
    public Map<String, String> values() {
        synchronized (values) {
            return new LinkedHashMap<>(values);
        }
    }
}
