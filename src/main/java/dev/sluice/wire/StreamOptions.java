package dev.sluice.wire;

import dev.sluice.wire.RequestHead.Splice;
import java.io.IOException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What {@code stream_options} says about usage, and the smallest edit that asks for it in the client's place. */
final class StreamOptions {
    private static final String INCLUDE_USAGE = "include_usage";

    private boolean asked;
    private @Nullable Splice splice;

    /** Whether the client itself asked for usage. */
    boolean asked() {
        return asked;
    }

    /**
     * The edit that asks; null when the client has asked.
     *
     * @param bodyStart offset behind the body's opening brace, where a field can be put in: a body that has a model is
     *                  not empty, so a comma follows
     */
    @Nullable
    Splice splice(int bodyStart) {
        if (asked || splice != null) {
            return splice;
        }
        return new Splice(bodyStart, bodyStart, "\"stream_options\":{\"include_usage\":true},");
    }

    void read(BodyCursor body) throws BadRequest, IOException {
        switch (body.token()) {
            case VALUE_NULL -> splice = replaceNull(body, "{\"include_usage\":true}");
            case START_OBJECT -> readObject(body);
            default -> throw new BadRequest("stream_options: " + body.kind() + " (expected: an object or null)");
        }
    }

    private void readObject(BodyCursor body) throws BadRequest, IOException {
        var inside = body.offset() + 1;
        var once = new Once("stream_options.", List.of(INCLUDE_USAGE));
        var empty = true;
        var said = false;
        for (var name = body.nextField(); name != null; name = body.nextField()) {
            empty = false;
            once.check(name);
            if (name.equals(INCLUDE_USAGE)) {
                said = true;
                readIncludeUsage(body);
            } else {
                body.skip();
            }
        }
        if (!said) {
            splice = new Splice(inside, inside, empty ? "\"include_usage\":true" : "\"include_usage\":true,");
        }
    }

    private void readIncludeUsage(BodyCursor body) throws BadRequest, IOException {
        switch (body.token()) {
            case VALUE_TRUE -> asked = true;
            case VALUE_FALSE -> splice = new Splice(body.offset(), body.offset() + "false".length(), "true");
            case VALUE_NULL -> splice = replaceNull(body, "true");
            default ->
                throw new BadRequest(
                        "stream_options.include_usage: " + body.kind() + " (expected: true, false or null)");
        }
    }

    private static Splice replaceNull(BodyCursor body, String replacement) {
        return new Splice(body.offset(), body.offset() + "null".length(), replacement);
    }
}
