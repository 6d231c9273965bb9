package dev.sluice.hook;

import org.jspecify.annotations.Nullable;

/** One delivery to one hook. Times are in milliseconds since 1970; what changes belongs to whoever delivers it. */
final class Letter {
    /** In the table; of letters that are only in memory, too. */
    final long id;

    final String message;
    final String hook;
    final String event;
    final String requestId;
    final long created;
    final int size;

    /** Whether it is in the file. */
    final boolean stored;

    private byte @Nullable [] body;
    int attempts;
    long due;

    Letter(
            long id,
            String message,
            String hook,
            String event,
            String requestId,
            long created,
            int size,
            boolean stored,
            byte @Nullable [] body) {
        this.id = id;
        this.message = message;
        this.hook = hook;
        this.event = event;
        this.requestId = requestId;
        this.created = created;
        this.size = size;
        this.stored = stored;
        this.body = body;
        this.due = created;
    }

    /** Null when it has to be read from the file. */
    byte @Nullable [] body() {
        return body;
    }

    void forgetBody() {
        body = null;
    }

    /** The same letter, which could not be written. */
    Letter unstored() {
        return new Letter(id, message, hook, event, requestId, created, size, false, body);
    }
}
