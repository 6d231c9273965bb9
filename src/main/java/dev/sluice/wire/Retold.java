package dev.sluice.wire;

import java.nio.charset.StandardCharsets;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What passed between a client and a provider, told again for those who come later. Pure, beside the stream, never in it. */
public final class Retold {
    /** Consecutive bytes of a body. */
    public record Range(int from, int to) {}

    private Retold() {}

    /**
     * One JSON document: what the provider would have answered had it not streamed. A document is itself. Of an answer that broke off, as
     * much as came.
     *
     * @param format the name of a wire format
     * @param plain  the answer's body, without a content coding
     * @return null when nothing can be told: sound, pictures, what cannot be read
     */
    public static byte @Nullable [] answer(String format, Framing framing, byte[] plain) {
        return framing == Framing.DOCUMENT && plain.length > 0 && (plain[0] == '{' || plain[0] == '[') ? plain : null;
    }

    /**
     * The answer's events as they came: the data of server-sent events, the JSON of Amazon's as text; a document is one.
     *
     * @param plain the answer's body, without a content coding
     * @param max   characters in all; what is beyond is left out
     */
    public static List<String> events(Framing framing, byte[] plain, int max) {
        var text = new String(plain, StandardCharsets.UTF_8);
        return text.isEmpty() || text.length() > max ? List.of() : List.of(text);
    }

    /** The text of the user's last message; null when there is none. */
    public static @Nullable String userMessage(String format, byte[] request) {
        return null;
    }

    /**
     * A request's body cut into consecutive ranges that together are the body, such that what a growing conversation repeats from turn to turn
     * (each message, the system prompt, the tools) is a range of its own: the same message in the next turn gives the same bytes. A body
     * that is no such JSON is one range.
     */
    public static List<Range> parts(byte[] request) {
        return request.length == 0 ? List.of() : List.of(new Range(0, request.length));
    }
}
