package dev.sluice.testing;

import java.nio.charset.StandardCharsets;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** A request to each of OpenAI's endpoints beside chat and responses, in JSON or as a form. */
public enum OpenAiAsk {
    COMPLETIONS(
            "/v1/completions",
            "{\"model\": \"%s\", \"stream\": %s, \"prompt\": [\"Weirs\", \"Sluices\"], \"max_tokens\": 50}",
            true),
    EMBEDDINGS("/v1/embeddings", "{\"model\": \"%s\", \"input\": [\"Weirs\", \"Sluices\"]}", false),
    VERSIONLESS_EMBEDDINGS("/embeddings", "{\"model\": \"%s\", \"input\": [[1, 2, 3], [4]]}", false),
    RERANK("/v2/rerank", "{\"model\": \"%s\", \"query\": \"weir\", \"documents\": [\"a\", \"b\"]}", false),
    MODERATIONS("/v1/moderations", "{\"model\": \"%s\", \"input\": \"Weirs\"}", false),
    IMAGES("/v1/images/generations", "{\"model\": \"%s\", \"stream\": %s, \"prompt\": \"A weir\", \"n\": 1}", true),
    IMAGE_EDITS("/v1/images/edits", null, true),
    IMAGE_VARIATIONS("/v1/images/variations", null, false),
    SPEECH("/v1/audio/speech", "{\"model\": \"%s\", \"input\": \"A weir\", \"voice\": \"alloy\"}", false),
    SPEECH_EVENTS(
            "/v1/audio/speech",
            "{\"model\": \"%s\", \"input\": \"A weir\", \"voice\": \"alloy\", \"stream_format\": \"sse\"}",
            true),
    TRANSCRIPTIONS("/v1/audio/transcriptions", null, true),
    TRANSLATIONS("/v1/audio/translations", null, false),
    COMPACT("/v1/responses/compact", "{\"model\": \"%s\", \"input\": \"Weirs\"}", false),
    CODEX("/codex/responses", "{\"model\": \"%s\", \"stream\": %s, \"input\": \"Weirs\"}", true);

    private static final String BOUNDARY = "----b0undary";

    private final String path;
    private final @Nullable String json;
    private final boolean streams;

    OpenAiAsk(String path, @Nullable String json, boolean streams) {
        this.path = path;
        this.json = json;
        this.streams = streams;
    }

    public String path() {
        return path;
    }

    /** Those that can be asked for a stream. */
    public static Stream<OpenAiAsk> streaming() {
        return Stream.of(values()).filter(ask -> ask.streams);
    }

    private String type() {
        return json == null ? "multipart/form-data; boundary=" + BOUNDARY : "application/json";
    }

    public String body(String model, boolean stream) {
        return json == null ? form(model, stream) : json.formatted(model, stream);
    }

    /** A form as browsers and OpenAI's client write it, with bytes in a file that are no text. */
    private static String form(String model, boolean stream) {
        var open = "--" + BOUNDARY + "\r\nContent-Disposition: form-data; name=";
        return open
                + "\"file\"; filename=\"w\u00e9ir.mp3\"\r\nContent-Type: audio/mpeg\r\n\r\n\u0000\u00ff\r\n--\u0001\r\n"
                + open + "\"model\"\r\n\r\n" + model + "\r\n"
                + open + "\"stream\"\r\n\r\n" + stream + "\r\n"
                + open + "\"prompt\"\r\n\r\nA weir\r\n"
                + "--" + BOUNDARY + "--\r\n";
    }

    /** Sends it to the gateway, with bytes for characters. */
    public RawHttp post(RawHttp http, String model, boolean stream, String... headers) {
        return post(http, path, model, stream, headers);
    }

    /** Sends it to a provider, as the gateway would. */
    public RawHttp postUpstream(RawHttp http, String model, boolean stream, String... headers) {
        return post(http, path.replaceFirst("^/codex", ""), model, stream, headers);
    }

    private RawHttp post(RawHttp http, String target, String model, boolean stream, String... headers) {
        var bytes = bytes(model, stream);
        var lines = headers.length == 0 ? "" : String.join("\r\n", headers) + "\r\n";
        return http.send("POST " + target + " HTTP/1.1\r\nHost: localhost\r\nContent-Type: " + type()
                        + "\r\nContent-Length: " + bytes.length + "\r\n" + lines + "\r\n")
                .send(bytes);
    }

    public byte[] bytes(String model, boolean stream) {
        return body(model, stream).getBytes(StandardCharsets.ISO_8859_1);
    }
}
