package dev.sluice.simulator;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.jspecify.annotations.Nullable;

/**
 * What a request asks for, read from its body.
 *
 * @param promptTokens a guess: a token for four bytes of the prompt
 * @param outputLimit  the most tokens the answer may have
 */
record Asked(
        JsonNode body, String model, boolean stream, long seed, long promptTokens, long outputLimit, List<Tool> tools) {

    /** Where the prompt stands, by format. */
    private static final List<String> PROMPTS =
            List.of("input", "messages", "prompt", "documents", "contents", "content", "requests", "instances");

    /**
     * A tool that the client offers.
     *
     * @param wanted the request forces this call, or its last message names the tool
     */
    record Tool(String name, JsonNode schema, boolean wanted) {
        static final Tool INVENTED = new Tool("get_weather", JsonNodeFactory.instance.objectNode(), true);

        /** The tool of the call at this place: the wanted ones in turn, else all in turn, else an invented one. */
        static Tool chosen(List<Tool> offered, int index) {
            var wanted = offered.stream().filter(Tool::wanted).toList();
            var pool = wanted.isEmpty() ? offered : wanted;
            return pool.isEmpty() ? INVENTED : pool.get(index % pool.size());
        }

        String arguments() {
            return sample(schema).toString();
        }

        private static JsonNode sample(JsonNode schema) {
            var nodes = JsonNodeFactory.instance;
            if (schema.path("enum").isArray() && !schema.path("enum").isEmpty()) {
                return schema.path("enum").get(0);
            }
            return switch (schema.path("type").asText("object").toLowerCase(Locale.ROOT)) {
                case "string" -> nodes.textNode("Zürich");
                case "integer", "number" -> nodes.numberNode(7);
                case "boolean" -> nodes.booleanNode(true);
                case "array" -> nodes.arrayNode().add(sample(schema.path("items")));
                case "null" -> nodes.nullNode();
                default -> sampleObject(schema.path("properties"));
            };
        }

        private static ObjectNode sampleObject(JsonNode properties) {
            var object = JsonNodeFactory.instance.objectNode();
            properties.properties().forEach(entry -> object.set(entry.getKey(), sample(entry.getValue())));
            return object;
        }
    }

    static Asked of(JsonNode body, Destination destination) {
        var prompt =
                PROMPTS.stream().filter(body::has).map(body::path).findFirst().orElseGet(() -> body.path("messages"));
        var text = prompt.toString();
        var limit = body.at(destination.shape().limitAt())
                .asLong(body.path("max_completion_tokens").asLong(Long.MAX_VALUE));
        var model = destination.model();
        var stream = destination.stream();
        return new Asked(
                body,
                model == null ? body.path("model").asText() : URLDecoder.decode(model, StandardCharsets.UTF_8),
                stream == null
                        ? body.path("stream").asBoolean()
                                || body.path("stream_format").asText().equals("sse")
                        : stream,
                text.hashCode(),
                Math.max(1, text.length() / 4),
                Math.max(1, limit),
                tools(body, prompt));
    }

    private static List<Tool> tools(JsonNode body, JsonNode prompt) {
        var last = prompt.isArray() ? prompt.path(prompt.size() - 1) : prompt;
        var said = last.isTextual() || last.path("role").asText().equals("user") ? last.toString() : "";
        var choice = body.has("tool_choice") ? body.path("tool_choice") : body.at("/toolConfig/functionCallingConfig");
        return StreamSupport.stream(body.path("tools").spliterator(), false)
                .flatMap(tool -> tool.has("functionDeclarations")
                        ? StreamSupport.stream(tool.path("functionDeclarations").spliterator(), false)
                        : Stream.of(tool))
                .map(tool -> tool(tool, choice, said))
                .filter(tool -> !tool.name().isEmpty())
                .toList();
    }

    /** Chat wraps the declaration in {@code function}; Responses, Messages and Gemini do not, and the latter two name the schema in their own ways. */
    private static Tool tool(JsonNode offered, JsonNode choice, String said) {
        var declared = offered.has("function") ? offered.path("function") : offered;
        var name = declared.path("name").asText();
        var schema = declared.path(Stream.of("input_schema", "parametersJsonSchema")
                .filter(declared::has)
                .findFirst()
                .orElse("parameters"));
        return new Tool(name, schema, forced(choice, name) || said.contains(name));
    }

    private static boolean forced(JsonNode choice, String name) {
        var mode = choice.isTextual()
                ? choice.asText()
                : choice.path("type").asText(choice.path("mode").asText().toLowerCase(Locale.ROOT));
        var named = chosenName(choice);
        return mode.equals("required") || mode.equals("any") || name.equals(named);
    }

    private static @Nullable String chosenName(JsonNode choice) {
        return choice.has("function")
                ? choice.path("function").path("name").asText()
                : choice.path("name").textValue();
    }
}
