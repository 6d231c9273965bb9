package dev.sluice.capture;

import java.util.ArrayList;
import java.util.List;
import org.apache.pekko.http.javadsl.model.HttpHeader;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.util.ByteString;
import org.jspecify.annotations.Nullable;

/**
 * One request and its answer as they passed: filled by one thread at a time, read by others once it is handed on, and freed by whoever
 * was the last to need it. One for which there was no room any more is lost as a whole: half an answer explains nothing.
 */
public final class Transcript {
    private final Transcripts owner;
    private Iterable<HttpHeader> requestHeaders;
    private byte[] request;
    private int status;
    private Iterable<HttpHeader> answerHeaders = List.of();
    private String contentType = "";
    private List<ByteString> answer = new ArrayList<>();
    private long held;
    private boolean lost;

    Transcript(Transcripts owner, Iterable<HttpHeader> requestHeaders, byte[] request) {
        this.owner = owner;
        this.requestHeaders = requestHeaders;
        this.request = request;
        hold(request.length);
    }

    /** The answer begins. */
    public void answered(HttpResponse head) {
        status = head.status().intValue();
        contentType = head.entity().getContentType().toString();
        if (!lost) {
            answerHeaders = head.getHeaders();
        }
    }

    /** More of the answer, as its provider sent it. */
    public void add(ByteString bytes) {
        if (!lost && hold(bytes.size())) {
            answer.add(bytes);
        }
    }

    private boolean hold(long bytes) {
        if (owner.take(bytes)) {
            held += bytes;
            return true;
        }
        lost = true;
        owner.countDropped();
        free();
        return false;
    }

    /** Whether there was no room for it. */
    public boolean isLost() {
        return lost;
    }

    public Iterable<HttpHeader> requestHeaders() {
        return requestHeaders;
    }

    /** Without its content coding; empty when lost or freed. */
    public byte[] request() {
        return request;
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
        return answer;
    }

    /** Nobody needs it any more. */
    public void free() {
        owner.give(held);
        held = 0;
        request = new byte[0];
        requestHeaders = List.of();
        answerHeaders = List.of();
        answer = List.of();
    }
}
