package dev.sluice.wire;

import java.util.List;
import java.util.function.UnaryOperator;
import org.apache.pekko.util.ByteString;
import org.jspecify.annotations.Nullable;

/** One wire format, both ways. Stateless; all of them stand in {@link WireFormats#ALL}. */
public interface WireFormat {
    /** The compatibility flag of the policy document that offers it, for example {@code openai_chat}. */
    String flag();

    /** The canonical path, as {@code /v1/models} advertises it, for example {@code /v1/chat/completions}. */
    String endpoint();

    /** The paths that are served, the canonical one first. */
    List<String> paths();

    /** Four letters that open a session's printed id, for example {@code oacc}. */
    String sessionPrefix();

    /** Whether the answer of a path is a token count, which is never charged. */
    default boolean countsTokens(String path) {
        return false;
    }

    /**
     * Reads a request's body.
     *
     * @param header a request header's value by lower-case name, null when absent
     * @throws BadRequest when the body is not a JSON object, has no model, or says something that matters twice
     */
    RequestHead readHead(byte[] body, UnaryOperator<@Nullable String> header) throws BadRequest;

    /**
     * A reader for one answer.
     *
     * @param eventStream whether the answer is {@code text/event-stream} (by its content type, not by the request)
     * @param hideUsage   keep the usage chunk, which only the gateway asked for, from the client
     */
    AnswerReader reader(boolean eventStream, boolean hideUsage);

    /** A reader for the answer of a path that {@link #countsTokens}. */
    default AnswerReader countReader() {
        return reader(false, false);
    }

    /** A JSON error body. */
    ByteString errorBody(WireError error);

    /** An error inside a stream that has begun: the event that makes this format's clients raise. */
    ByteString errorEvent(WireError error);
}
