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

    private static final Map<String, Destination> BY_PATH = Map.ofEntries(
            Map.entry("/v1/chat/completions", answered(new ChatShape())),
            Map.entry("/chat/completions", answered(new ChatShape())),
            Map.entry("/v1/completions", answered(new CompletionsShape())),
            Map.entry("/completions", answered(new CompletionsShape())),
            Map.entry("/v1/embeddings", answered(new NumbersShape(NumbersShape.Kind.EMBEDDINGS))),
            Map.entry("/embeddings", answered(new NumbersShape(NumbersShape.Kind.EMBEDDINGS))),
            Map.entry("/v1/moderations", answered(new NumbersShape(NumbersShape.Kind.MODERATION))),
            Map.entry("/v1/rerank", answered(new NumbersShape(NumbersShape.Kind.RERANK))),
            Map.entry("/v2/rerank", answered(new NumbersShape(NumbersShape.Kind.RERANK))),
            Map.entry("/v1/images/generations", answered(new MediaShape(MediaShape.Kind.PICTURES))),
            Map.entry("/v1/images/edits", answered(new MediaShape(MediaShape.Kind.EDITED_PICTURES))),
            Map.entry("/v1/images/variations", answered(new MediaShape(MediaShape.Kind.EDITED_PICTURES))),
            Map.entry("/v1/audio/speech", answered(new MediaShape(MediaShape.Kind.SPEECH))),
            Map.entry("/v1/audio/transcriptions", answered(new MediaShape(MediaShape.Kind.TRANSCRIPT))),
            Map.entry("/v1/audio/translations", answered(new MediaShape(MediaShape.Kind.TRANSCRIPT))),
            Map.entry("/v1/responses", answered(new ResponsesShape())),
            Map.entry("/responses", answered(new ResponsesShape())),
            Map.entry("/v1/responses/compact", answered(new ResponsesShape())),
            Map.entry("/responses/compact", answered(new ResponsesShape())),
            Map.entry("/v1/responses/input_tokens", answered(new ResponsesShape())),
            Map.entry("/v1/messages", answered(new MessagesShape())),
            Map.entry("/v1/messages/count_tokens", new Destination(new MessagesShape(), null, false, Method.COUNT)));

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
