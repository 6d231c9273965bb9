package dev.sluice.wire;

import com.fasterxml.jackson.core.io.JsonStringEncoder;
import dev.sluice.wire.RequestHead.Splice;
import java.util.Comparator;
import java.util.List;
import org.apache.pekko.util.ByteString;

/** Edits a body at a few byte ranges and shares all the rest of it. */
public final class Splices {
    private Splices() {}

    /**
     * The body with the edits made. The body's own array is shared, not copied, and must not change afterwards.
     *
     * @param splices in any order; none may overlap another
     */
    public static ByteString apply(byte[] body, List<Splice> splices) {
        var result = ByteString.emptyByteString();
        var done = 0;
        for (var splice : sorted(splices)) {
            if (splice.start() < done || splice.end() < splice.start() || splice.end() > body.length) {
                throw new IllegalArgumentException("splice at " + splice.start() + " to " + splice.end()
                        + " (expected: within " + done + " to " + body.length + ")");
            }
            result = result.concat(ByteString.fromArrayUnsafe(body, done, splice.start() - done))
                    .concat(ByteString.fromString(splice.replacement()));
            done = splice.end();
        }
        return result.concat(ByteString.fromArrayUnsafe(body, done, body.length - done));
    }

    /** A string as JSON in ASCII. */
    static String jsonString(String text) {
        var json = new StringBuilder("\"");
        for (char c : JsonStringEncoder.getInstance().quoteAsString(text)) {
            if (c < 0x80) {
                json.append(c);
            } else {
                json.append("\\u%04x".formatted((int) c));
            }
        }
        return json.append('"').toString();
    }

    private static List<Splice> sorted(List<Splice> splices) {
        return splices.stream()
                .sorted(Comparator.comparingInt(Splice::start).thenComparingInt(Splice::end))
                .toList();
    }
}
