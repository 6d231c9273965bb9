package dev.sluice.testing;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.List;

/** The three wire formats as their clients see them: where they ask, what they send, how they recognize an error. */
public enum TestFormat {
    CHAT("/v1/chat/completions", "test-gpt"),
    RESPONSES("/v1/responses", "test-gpt"),
    MESSAGES("/v1/messages", "test-claude");

    private static final ObjectMapper JSON = new ObjectMapper();

    private final String path;
    private final String model;

    TestFormat(String path, String model) {
        this.path = path;
        this.model = model;
    }

    public String path() {
        return path;
    }

    public String model() {
        return model;
    }

    /** A request's body. A stream of chat asks for no usage, as most clients do not. */
    public String body(boolean stream) {
        return body(model, stream, "Tell me something about weirs.");
    }

    public String body(String modelAsked, boolean stream, String prompt) {
        var asked = switch (this) {
            case CHAT -> "\"messages\": [{\"role\": \"user\", \"content\": \"%s\"}]".formatted(prompt);
            case RESPONSES -> "\"input\": \"%s\"".formatted(prompt);
            case MESSAGES ->
                "\"max_tokens\": 512, \"messages\": [{\"role\": \"user\", \"content\": \"%s\"}]".formatted(prompt);
        };
        return "{\"model\": \"%s\", \"stream\": %s, %s}".formatted(modelAsked, stream, asked);
    }

    /** What the gateway really sends for {@link #body}: chat streams are asked for their usage. */
    public String bodyUpstream(boolean stream) {
        return stream && this == CHAT
                ? body(true).replaceFirst("\\{", "{\"stream_options\": {\"include_usage\": true}, ")
                : body(stream);
    }

    /** The message of an error in this format; the assertion fails when it is none. */
    public String errorMessage(String body) {
        var node = parsed(body);
        var error = node.path("error");
        var shaped = this == MESSAGES
                ? node.path("type").asText().equals("error")
                        && error.path("type").isTextual()
                : error.path("type").isTextual() && error.has("code") && error.has("param");
        if (!shaped || !error.path("message").isTextual()) {
            throw new AssertionError("not an error of " + this + ": " + body);
        }
        return error.path("message").asText();
    }

    /** Whether an event is what makes this format's clients raise. */
    public boolean isErrorEvent(String event) {
        var data = data(event);
        return switch (this) {
            case CHAT -> data.path("error").path("message").isTextual();
            case RESPONSES ->
                data.path("type").asText().equals("error")
                        || data.path("type").asText().equals("response.failed");
            case MESSAGES -> data.path("type").asText().equals("error");
        };
    }

    /** Whether a stream that ends behind these events says that it is complete. */
    public boolean isComplete(List<String> events) {
        return events.stream().map(TestFormat::data).anyMatch(data -> switch (this) {
            case CHAT -> data.path("choices").path(0).path("finish_reason").isTextual();
            case RESPONSES -> data.path("type").asText().equals("response.completed");
            case MESSAGES -> data.path("type").asText().equals("message_stop");
        });
    }

    /** Whether an event is hidden from a client that did not ask for usage. */
    public boolean isHidden(String event) {
        return this == CHAT && event.contains("\"choices\":[]");
    }

    private static JsonNode data(String event) {
        return event.lines()
                .filter(line -> line.startsWith("data: {"))
                .map(line -> parsed(line.substring(6)))
                .findFirst()
                .orElse(JSON.createObjectNode());
    }

    private static JsonNode parsed(String json) {
        try {
            return JSON.readTree(json);
        } catch (com.fasterxml.jackson.core.JsonProcessingException e) {
            throw new AssertionError("not JSON: " + json, e);
        }
    }
}
