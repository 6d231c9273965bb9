package dev.sluice.net;

import io.netty.buffer.ByteBuf;
import org.apache.pekko.NotUsed;
import org.apache.pekko.stream.javadsl.Source;
import org.apache.pekko.util.ByteString;
import org.jspecify.annotations.Nullable;

/**
 * The bytes of one body between the channel that they come over and the stream that they leave in. Belongs to one loop.
 *
 * <p>One piece is handed on for each time that somebody asks, all at once that has come until then; the last one with the word that it is the last, for
 * a client that has its whole answer leaves, and would else seem to have left an answer that was still going on.
 */
public final class Incoming {
    /** Where the bytes go. Called on the loop; safe from any thread. */
    interface Reader {
        void read(ByteString bytes);

        /**
         * Wholly.
         *
         * @param last may be empty
         */
        void ended(ByteString last);

        void failed(Throwable failure);
    }

    /** Where they come from. Called on the loop. */
    public interface Channel {
        /** Whether more is wanted now. */
        void readOn(boolean on);

        /** It has ended, and how does not matter: wholly, broken, or given up by its reader. Once. */
        void over();

        /** Nobody wants the rest. Before {@link #over}. */
        void giveUp();
    }

    private final Loop loop;
    private final Channel channel;
    private final Runnable demand = this::demanded;
    private ByteString waiting = ByteString.emptyByteString();
    private @Nullable Reader reader;
    private @Nullable Throwable failure;
    private boolean wanted;
    private boolean begun;
    private boolean over;
    private boolean told;
    private long since = System.nanoTime();
    /** What is still to come; negative when nobody knows. */
    private long left = -1;

    public Incoming(Loop loop, Channel channel) {
        this.loop = loop;
        this.channel = channel;
    }

    // From the connection, on the loop.

    private void over() {
        over = true;
        channel.over();
    }

    /** How long it will be. Its last bytes are kept until its end has come, too. */
    public void expect(long length) {
        left = length;
    }

    /** Copies what can be read. */
    public void add(ByteBuf bytes) {
        if (!told && bytes.isReadable()) {
            var copy = Bytes.copied(bytes);
            waiting = waiting.isEmpty() ? copy : waiting.concat(copy);
            left -= left < 0 ? 0 : copy.size();
        }
    }

    /** All that can be read for now has been. */
    public void pause() {
        if (wanted) {
            if (!waiting.isEmpty() && left != 0) {
                handOn();
            }
        } else if (!waiting.isEmpty()) {
            channel.readOn(false);
        }
    }

    public void end() {
        over();
        if (reader != null && (wanted || waiting.isEmpty())) {
            handOn();
        }
    }

    public void fail(Throwable why) {
        if (!over) {
            failure = why;
            over();
            if (reader != null && (wanted || waiting.isEmpty())) {
                handOn();
            }
        }
    }

    /** What has come so far, all of it, if it has ended and nobody reads it yet. */
    public ByteString whole() {
        told = true;
        return taken();
    }

    private ByteString taken() {
        var all = waiting.compact();
        waiting = ByteString.emptyByteString();
        return all;
    }

    /** How long somebody has been waiting for bytes, in nanoseconds; 0 when nobody is. */
    public long waited(long now) {
        return wanted && !over ? now - since : 0;
    }

    /** How long bytes have been waiting for somebody, in nanoseconds; 0 when none are, or all have come. */
    public long unread(long now) {
        return wanted || over ? 0 : now - since;
    }

    /** Whether anything of it was handed on. */
    public boolean begun() {
        return begun;
    }

    /** The bytes as a stream, which can be run once. */
    public Source<ByteString, NotUsed> source() {
        return Source.fromGraph(new IncomingSource(this));
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
                    channel.giveUp();
                    over();
                }
            }
        });
    }

    private void demanded() {
        since = System.nanoTime();
        wanted = true;
        if (over || (!waiting.isEmpty() && left != 0)) {
            handOn();
        } else {
            channel.readOn(true);
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
