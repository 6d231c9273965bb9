package dev.sluice.wire;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** What passed between a client and a provider, told again for those who come later. Pure, beside the stream, never in it. */
public final class Retold {
    /** What is longer is not told again. */
    static final int MAX_BYTES = 64 * 1024 * 1024;

    private static final Map<String, WireFormat> FORMATS =
            WireFormats.ALL.stream().collect(Collectors.toMap(WireFormat::name, Function.identity()));

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
        if (plain.length > MAX_BYTES) {
            return null;
        }
        var known = FORMATS.get(format);
        var retelling = known == null ? new NothingRetold() : known.retelling();
        if (framing != Framing.DOCUMENT) {
            WholeEvents.forEach(framing, plain, new Reading(retelling));
        } else if (retelling.takesArrays() && WholeDocument.isArray(plain)) {
            WholeDocument.forEach(plain, retelling);
        } else {
            return WholeDocument.of(plain);
        }
        var told = retelling.told();
        return told == null ? null : JsonTrees.write(told);
    }

    /** Reads events into trees, as long as they are no more than is healthy. */
    private static final class Reading implements WholeEvents.Listener {
        private final Retelling retelling;
        private final JsonTrees.Reader trees = new JsonTrees.Reader();

        Reading(Retelling retelling) {
            this.retelling = retelling;
        }

        @Override
        public void event(String data, @Nullable String error) {
            var read = trees.read(data);
            if (error != null) {
                retelling.fail(error, read instanceof ObjectNode event ? event : explanation(data));
            } else if (read instanceof ObjectNode event) {
                retelling.take(event);
            }
        }

        private static ObjectNode explanation(String text) {
            var event = JsonTrees.object();
            return text.isBlank() ? event : event.put("message", text);
        }
    }

    /**
     * The answer's events as they came: the data of server-sent events, the JSON of Amazon's (unwrapped, where it wraps another vendor's); a
     * document is one.
     *
     * @param plain the answer's body, without a content coding
     * @param max   characters in all; the events from the one that does not fit are left out
     */
    public static List<String> events(Framing framing, byte[] plain, int max) {
        var told = new ArrayList<String>();
        if (plain.length > MAX_BYTES) {
            return told;
        }
        var room = new long[] {max};
        WholeEvents.forEach(framing, plain, (data, error) -> {
            room[0] -= data.length();
            if (room[0] >= 0) {
                told.add(data);
            }
        });
        return told;
    }

    /** The text of the user's last message that has any; null when there is none. Results of tools are none. */
    public static @Nullable String userMessage(String format, byte[] request) {
        var known = FORMATS.get(format);
        return known == null || request.length > MAX_BYTES ? null : UserMessage.of(known.userFields(), request);
    }

    /**
     * A request's body cut into consecutive ranges that together are the body, such that what a growing conversation repeats from turn to turn
     * is a range of its own and has the same bytes the next time: the system prompt, the tools, each message (with the comma before it). A body that is
     * no such JSON is one range.
     */
    public static List<Range> parts(byte[] request) {
        return RequestParts.of(request);
    }
}
