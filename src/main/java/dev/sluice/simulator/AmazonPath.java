package dev.sluice.simulator;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.regex.Pattern;

/** A path of Bedrock's, which names the model and says whether the answer is a stream. */
record AmazonPath(String model, String action) {
    private static final Pattern PATH = Pattern.compile(
            "/model/([^/]+)/(invoke|invoke-with-response-stream|converse|converse-stream|count-tokens)");

    static Optional<AmazonPath> of(String path) {
        var matcher = PATH.matcher(path);
        return matcher.matches()
                ? Optional.of(new AmazonPath(
                        URLDecoder.decode(matcher.group(1).replace("+", "%2B"), StandardCharsets.UTF_8),
                        matcher.group(2)))
                : Optional.empty();
    }

    Destination destination() {
        var method = action.equals("count-tokens") ? Destination.Method.COUNT : Destination.Method.ANSWER;
        return new Destination(shape(), null, null, method);
    }

    private Shape shape() {
        return action.startsWith("converse") ? new ConverseShape() : new InvokeShape();
    }

    /** A request's body as one of the formats whose body says everything. */
    ObjectNode whole(JsonNode body) {
        var whole = Shape.object();
        whole.setAll((ObjectNode) body);
        whole.put("model", model).put("stream", action.endsWith("stream"));
        if (action.startsWith("converse")) {
            whole.set("max_tokens", body.path("inferenceConfig").path("maxTokens"));
            var tools = whole.putArray("tools");
            for (var tool : body.path("toolConfig").path("tools")) {
                var spec = tool.path("toolSpec");
                tools.addObject()
                        .put("name", spec.path("name").asText())
                        .set("input_schema", spec.path("inputSchema").path("json"));
            }
            chosen(body.path("toolConfig").path("toolChoice"), whole.putObject("tool_choice"));
        }
        return whole;
    }

    private static void chosen(JsonNode choice, ObjectNode chosen) {
        if (choice.has("tool")) {
            chosen.put("type", "tool")
                    .put("name", choice.path("tool").path("name").asText());
        } else {
            chosen.put("type", choice.has("any") ? "any" : "auto");
        }
    }
}
