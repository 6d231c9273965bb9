package dev.sluice.capture;

import dev.sluice.wire.ToolCall;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What was said in one exchange.
 *
 * @param kept  when it was written, about when the exchange was over
 * @param said  null once that was purged, and only the tools are left
 * @param tools with their arguments; empty once purged
 */
public record Capture(
        String requestId,
        String session,
        String login,
        Instant kept,
        @Nullable Said said,
        List<ToolCall> tools) {

    public record Said(Request request, Answer answer) {}

    /**
     * What the client sent. There is no query: keys stand in some.
     *
     * @param body byte for byte, without its content coding; null when it went with another session that was deleted meanwhile
     */
    @SuppressWarnings("ArrayRecordComponent") // Handed through; never compared.
    public record Request(String method, String path, List<HeaderLine> headers, byte @Nullable [] body) {}

    /**
     * What the client got.
     *
     * @param status what it got; of a refusal, ours
     * @param form   what the body is
     * @param body   empty when none came
     * @param raw    the provider's bytes in their content coding; null unless the policy asks for them
     */
    @SuppressWarnings("ArrayRecordComponent") // As above.
    public record Answer(int status, List<HeaderLine> headers, Form form, byte[] body, byte @Nullable [] raw) {}

    /** How much could be told of an answer. */
    public enum Form {
        /** There was none. */
        NONE,
        /** One JSON document: the answer's, or what a stream comes to. */
        OBJECT,
        /** The body without its content coding: sound, pictures, what no reader knows. */
        PLAIN,
        /** The body as it came, in a content coding that nobody could take off. */
        CODED
    }
}
