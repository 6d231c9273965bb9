package dev.sluice.simulator;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.apache.pekko.http.javadsl.model.ContentType;
import org.apache.pekko.http.javadsl.model.ContentTypes;
import org.apache.pekko.http.javadsl.model.MediaTypes;
import org.apache.pekko.util.ByteString;
import org.jspecify.annotations.Nullable;

/** One provider's way of putting an answer. */
sealed interface Shape
        permits AmazonShape,
                ChatShape,
                CompletionsShape,
                GeminiShape,
                MediaShape,
                MessagesShape,
                NumbersShape,
                ResponsesShape {
    /** Time stands still here, so that equal requests get equal answers: 2026-11-20T10:00:00Z. */
    long NOW = 1795168800;

    /** Stands for the text where a long one is to be put in piece by piece. */
    String TEXT_HERE = "@@text@@";

    /** Where the request says how long the answer may be: a JSON pointer. */
    String limitAt();

    /** The whole answer as one JSON document. */
    ObjectNode whole(Plan plan, String text);

    /** The whole answer as a file, where that is not JSON. */
    default @Nullable ByteString file(Plan plan, String text) {
        return null;
    }

    /** The answer as a stream's events. */
    Frames events(Plan plan);

    /** What a stream calls itself. */
    default ContentType streamType() {
        return ContentTypes.create(MediaTypes.TEXT_EVENT_STREAM);
    }

    /** The answer to who wants tokens counted. */
    default ObjectNode counted(long tokens) {
        return object().put("input_tokens", tokens);
    }

    /** One vector, in the words of every method that embeds. */
    default ObjectNode embedded(long tokens) {
        throw new IllegalStateException("nothing here embeds");
    }

    /** An error's body. */
    String error(int status, String message, String requestId);

    /** The event that tells of an error inside a stream. */
    ByteString errorEvent(String requestId);

    /** The headers that come with every answer. */
    Map<String, String> headers(String requestId, boolean exhausted);

    /** The headers that come with an error besides. */
    default Map<String, String> errorHeaders(int status) {
        return Map.of();
    }

    /** An event that nobody can read, whose neighbours everybody can. */
    default ByteString malformed(ByteString event) {
        return event.take(event.length() / 2).concat(ByteString.fromString("\n\n"));
    }

    /** How an event begins that has no end. */
    default ByteString endless() {
        return ByteString.fromString("data: ");
    }

    static ObjectNode object() {
        return JsonNodeFactory.instance.objectNode();
    }

    static ByteString event(String name, JsonNode data) {
        return utf8("event: " + name + "\ndata: " + data + "\n\n");
    }

    static ByteString utf8(String text) {
        return ByteString.fromArrayUnsafe(text.getBytes(StandardCharsets.UTF_8));
    }
}
