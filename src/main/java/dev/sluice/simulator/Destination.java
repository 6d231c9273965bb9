package dev.sluice.simulator;

import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What a request asks for by its path.
 *
 * @param model  that the path names; null when the body does
 * @param stream as the path says; null when the body does
 * @param method what is asked of the model
 */
record Destination(
        Shape shape, @Nullable String model, @Nullable Boolean stream, Method method) {
    enum Method {
        ANSWER,
        COUNT,
        EMBED
    }

    private static final Map<String, Destination> BY_PATH = Map.of(
            "/v1/chat/completions", answered(new ChatShape()),
            "/chat/completions", answered(new ChatShape()),
            "/v1/responses", answered(new ResponsesShape()),
            "/v1/messages", answered(new MessagesShape()),
            "/v1/messages/count_tokens", new Destination(new MessagesShape(), null, false, Method.COUNT));

    private static final Pattern GEMINI = Pattern.compile("/v1(?:beta|alpha)?/models/(?<model>[^/]+):(?<method>\\w+)");
    private static final Pattern VERTEX = Pattern.compile("/v1(?:beta1)?/(?:projects/[^/]+/locations/[^/]+/)?"
            + "publishers/(?<publisher>\\w+)/models/(?<model>[^/]+):(?<method>\\w+)");

    /** @param query without its question mark; empty when there is none */
    static Optional<Destination> of(String path, String query) {
        var known = BY_PATH.get(path);
        if (known != null) {
            return Optional.of(known);
        }
        var array = !query.contains("alt=sse");
        var gemini = GEMINI.matcher(path);
        if (gemini.matches()) {
            return google(gemini.group("model"), gemini.group("method"), array, false);
        }
        var vertex = VERTEX.matcher(path);
        if (!vertex.matches()) {
            return Optional.empty();
        }
        return switch (vertex.group("publisher")) {
            case "google" -> google(vertex.group("model"), vertex.group("method"), array, true);
            case "anthropic" -> anthropic(vertex.group("model"), vertex.group("method"));
            default -> Optional.empty();
        };
    }

    private static Destination answered(Shape shape) {
        return new Destination(shape, null, null, Method.ANSWER);
    }

    private static Optional<Destination> google(String model, String method, boolean array, boolean vertex) {
        var whole = new GeminiShape(false, vertex);
        return Optional.ofNullable(
                switch (method) {
                    case "generateContent" -> new Destination(whole, model, false, Method.ANSWER);
                    case "streamGenerateContent" ->
                        new Destination(new GeminiShape(array, vertex), model, true, Method.ANSWER);
                    case "countTokens" -> new Destination(whole, model, false, Method.COUNT);
                    case "embedContent", "batchEmbedContents", "predict" ->
                        new Destination(whole, model, false, Method.EMBED);
                    default -> null;
                });
    }

    private static Optional<Destination> anthropic(String model, String method) {
        var shape = new MessagesShape();
        return Optional.ofNullable(
                switch (method) {
                    case "rawPredict" ->
                        model.equals("count-tokens")
                                ? new Destination(shape, null, false, Method.COUNT)
                                : new Destination(shape, model, null, Method.ANSWER);
                    case "streamRawPredict" -> new Destination(shape, model, true, Method.ANSWER);
                    default -> null;
                });
    }
}
