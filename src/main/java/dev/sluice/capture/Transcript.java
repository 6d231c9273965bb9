package dev.sluice.capture;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.pekko.http.javadsl.model.HttpHeader;
import org.apache.pekko.http.javadsl.model.HttpRequest;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.util.ByteString;
import org.jspecify.annotations.Nullable;

/**
 * One request and its answer as they passed: filled by one thread at a time, read by others once it is handed on, and freed by whoever
 * was the last to need it. One for which there was no room any more is lost as a whole: half an answer explains nothing.
 *
 * <p>The request's body may be let go before the answer ends, by any thread: once it is stored, and nobody but the captures wants it.
 */
public final class Transcript {
    private static final byte[] NOTHING = new byte[0];

    /** Pictures and sound fit in; an answer without end does not take the room of all others. */
    private static final int MOST_OF_AN_ANSWER = 16 << 20;

    /**
     * An answer in events comes in thousands of small pieces. They are copied together, so that each is gone with the event: the collector
     * would carry every one of them, and what it lies in, from one generation to the next.
     */
    private static final int SMALL_PIECE = 2 << 10;

    private static final int FIRST_CHUNK = 1 << 10;
    private static final int LARGEST_CHUNK = 16 << 10;

    /** A request's body that is stored already, as its storage knows it. */
    interface Stored {}

    private final Transcripts owner;
    private Iterable<HttpHeader> requestHeaders;
    private final String requestType;
    private final AtomicReference<byte[]> request;
    private volatile @Nullable Stored stored;
    private volatile boolean onlyCaptured;
    private int status;
    private Iterable<HttpHeader> answerHeaders = List.of();
    private String contentType = "";
    private List<ByteString> answer = new ArrayList<>(2);
    /** Small pieces behind those of {@link #answer}. */
    private byte[] chunk = NOTHING;

    private int filled;
    private long held;
    private volatile boolean lost;

    Transcript(Transcripts owner, HttpRequest head, byte[] request) {
        this.owner = owner;
        this.requestHeaders = head.getHeaders();
        this.requestType = typeOf(head.entity().getContentType().toString());
        this.request = new AtomicReference<>(NOTHING);
        if (owner.take(request.length)) {
            this.request.set(request);
        } else {
            lose();
        }
    }

    private static String typeOf(String contentType) {
        return contentType.equals("none/none") ? "" : contentType;
    }

    /** The answer begins. */
    public void answered(HttpResponse head) {
        status = head.status().intValue();
        contentType = typeOf(head.entity().getContentType().toString());
        if (!lost) {
            answerHeaders = head.getHeaders();
        }
    }

    /** More of the answer, as its provider sent it. */
    public void add(ByteString bytes) {
        if (lost) {
            return;
        }
        var size = bytes.size();
        if (answer.isEmpty() || size > SMALL_PIECE) {
            if (takes(size)) {
                closeChunk(0);
                answer.add(bytes);
            }
        } else if (size <= chunk.length - filled || openChunk(size)) {
            bytes.copyToArray(chunk, filled, size);
            filled += size;
        }
    }

    private boolean openChunk(int size) {
        var length = Math.max(size, Math.clamp(2L * chunk.length, FIRST_CHUNK, LARGEST_CHUNK));
        if (!takes(length)) {
            return false;
        }
        closeChunk(length);
        return true;
    }

    private void closeChunk(int next) {
        if (filled > 0) {
            answer.add(ByteString.fromArrayUnsafe(chunk, 0, filled));
            filled = 0;
        }
        chunk = next == 0 ? NOTHING : new byte[next];
    }

    private boolean takes(int size) {
        if (held + size > MOST_OF_AN_ANSWER || !owner.take(size)) {
            lose();
            return false;
        }
        held += size;
        return true;
    }

    private void lose() {
        lost = true;
        owner.countDropped();
        free();
    }

    /** Nobody but the captures will want the request's body, which may be let go once it is stored. */
    public void onlyCaptured() {
        onlyCaptured = true;
        letGoIfStored();
    }

    void stored(Stored as) {
        stored = as;
        letGoIfStored();
    }

    /** How the request's body is stored; null when it is not, yet. */
    @Nullable
    Stored stored() {
        return stored;
    }

    private void letGoIfStored() {
        if (onlyCaptured && stored != null) {
            letGo();
        }
    }

    private void letGo() {
        owner.give(request.getAndSet(NOTHING).length);
    }

    /** Whether there was no room for it. */
    public boolean isLost() {
        return lost;
    }

    public Iterable<HttpHeader> requestHeaders() {
        return requestHeaders;
    }

    /** The request's content type; empty when it had none. */
    public String requestType() {
        return requestType;
    }

    /** Without its content coding; empty when lost, let go or freed. */
    public byte[] request() {
        return request.get();
    }

    /** The provider's; 0 when no answer came. */
    public int status() {
        return status;
    }

    public Iterable<HttpHeader> answerHeaders() {
        return answerHeaders;
    }

    /** The answer's; empty when none came. */
    public String contentType() {
        return contentType;
    }

    /** The answer's content coding, for example {@code gzip}; null when it has none. */
    public @Nullable String coding() {
        for (var header : answerHeaders) {
            if (header.lowercaseName().equals("content-encoding")) {
                return header.value();
            }
        }
        return null;
    }

    /** The answer's body as it came, in its content coding; empty when lost or freed. */
    public List<ByteString> answer() {
        if (filled == 0) {
            return answer;
        }
        var all = new ArrayList<ByteString>(answer.size() + 1);
        all.addAll(answer);
        all.add(ByteString.fromArrayUnsafe(chunk, 0, filled));
        return all;
    }

    /** Held now; only whoever fills it, or has it alone, may ask. */
    long bytes() {
        return held + request.get().length;
    }

    /** Nobody needs it any more. */
    public void free() {
        letGo();
        owner.give(held);
        held = 0;
        requestHeaders = List.of();
        answerHeaders = List.of();
        answer = List.of();
        chunk = NOTHING;
        filled = 0;
    }
}
