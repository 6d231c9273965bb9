package dev.sluice.hook;

import org.jspecify.annotations.Nullable;

/** One delivery to one hook. Times are in milliseconds since 1970; what changes belongs to whoever delivers it. */
final class Letter {
    /** In the table of a file; of letters that lie elsewhere, too. */
    final long id;

    final String message;
    final String hook;
    final String event;
    final String requestId;
    final long created;
    final int size;

    /** Whether it is where it is safe from the death of this process. */
    final boolean stored;

    /** Null where letters lie in a file, and as long as nobody has begun to store it. */
    volatile @Nullable Place place;

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

    /** Null when it has to be read. */
    byte @Nullable [] body() {
        return body;
    }

    void forgetBody() {
        body = null;
    }

    /** Whether nobody else may be delivering it. */
    boolean isOurs() {
        var it = place;
        return it == null || !stored || it.tenure.isHeld();
    }

    /** The same letter, which could not be written; if it was all the same, it is to be deleted in the end. */
    Letter unstored() {
        var letter = new Letter(id, message, hook, event, requestId, created, size, false, body);
        letter.place = place;
        return letter;
    }
}
