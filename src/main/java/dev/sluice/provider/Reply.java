package dev.sluice.provider;

import dev.sluice.config.Settings;
import dev.sluice.net.Bytes;
import dev.sluice.net.Loop;
import io.netty.buffer.ByteBuf;
import org.apache.pekko.util.ByteString;
import org.jspecify.annotations.Nullable;

/**
 * The bytes of one answer between the connection that they come over and the stream that they leave in. Belongs to one loop.
 *
 * <p>One piece is handed on for each time that somebody asks, all at once that has come until then; the last one with the word that it is the last, for
 * a client that has its whole answer leaves, and would else seem to have left an answer that was still going on.
 */
final class Reply {
    /** Where the bytes go. Called on the loop; safe from any thread. */
    interface Reader {
        void read(ByteString bytes);

        /** @param last may be empty */
        void ended(ByteString last);

        void failed(Throwable failure);
    }

    /** Whence they come. Called on the loop. */
    interface Source {
        /** Whether more is wanted now. */
        void readOn(boolean on);

        /** Nobody wants the rest. */
        void giveUp();
    }

    private final Loop loop;
    private final Source source;
    private final Runnable demand = this::demanded;
    private ByteString waiting = ByteString.emptyByteString();
    private @Nullable Reader reader;
    private @Nullable Throwable failure;
    private @Nullable Call call;
    private boolean wanted;
    private boolean begun;
    private boolean over;
    private boolean told;
    private long since = System.nanoTime();

    Reply(Loop loop, Source source) {
        this.loop = loop;
        this.source = source;
    }

    // From the connection, on the loop.

    /** The call that is over when the answer is. */
    void ofCall(Call of) {
        call = of;
    }

    private void over() {
        over = true;
        if (call != null) {
            call.end();
            call = null;
        }
    }

    void add(ByteBuf bytes) {
        if (!told && bytes.isReadable()) {
            var copy = Bytes.copied(bytes);
            waiting = waiting.isEmpty() ? copy : waiting.concat(copy);
        }
    }

    /** All that can be read for now has been. */
    void pause() {
        if (wanted) {
            handOn();
        } else if (!waiting.isEmpty()) {
            source.readOn(false);
        }
    }

    void end() {
        over();
        if (reader != null && (wanted || waiting.isEmpty())) {
            handOn();
        }
    }

    void fail(Throwable why) {
        if (!over) {
            failure = why;
            over();
            if (reader != null && (wanted || waiting.isEmpty())) {
                handOn();
            }
        }
    }

    /** What has come so far, all of it, if it has ended and nobody reads it yet. */
    ByteString whole() {
        told = true;
        return taken();
    }

    private ByteString taken() {
        var all = waiting.compact();
        waiting = ByteString.emptyByteString();
        return all;
    }

    /** The clock that has run out; null when none has. */
    @Nullable
    Late late(Settings.Clocks clocks, long now) {
        var age = now - since;
        if (told || over) {
            return null;
        }
        if (wanted) {
            return age > (begun ? clocks.idle() : clocks.firstEvent()).toNanos()
                    ? begun ? Late.SILENT : Late.NO_FIRST_EVENT
                    : null;
        }
        return age > clocks.clientIdle().toNanos() ? Late.UNREAD : null;
    }

    /** What took too long. */
    enum Late {
        NO_FIRST_EVENT,
        SILENT,
        UNREAD
    }

    // From the stream, on any thread.

    void attach(Reader to) {
        loop.run(() -> {
            if (reader != null || told) {
                to.failed(new IllegalStateException("an answer can be read once"));
                return;
            }
            reader = to;
            since = System.nanoTime();
            if (over && waiting.isEmpty()) {
                handOn();
            }
        });
    }

    void demand() {
        loop.run(demand);
    }

    void detach() {
        loop.run(() -> {
            if (!told) {
                told = true;
                waiting = ByteString.emptyByteString();
                if (!over) {
                    over();
                    source.giveUp();
                }
            }
        });
    }

    private void demanded() {
        since = System.nanoTime();
        wanted = true;
        if (!waiting.isEmpty() || over) {
            handOn();
        } else {
            source.readOn(true);
        }
    }

    private void handOn() {
        var to = reader;
        if (to == null || told) {
            return;
        }
        begun = true;
        wanted = false;
        since = System.nanoTime();
        var bytes = taken();
        if (!over) {
            to.read(bytes);
        } else if (failure == null) {
            told = true;
            to.ended(bytes);
        } else if (bytes.isEmpty()) {
            told = true;
            to.failed(failure);
        } else {
            to.read(bytes);
        }
    }
}
