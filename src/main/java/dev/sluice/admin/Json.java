package dev.sluice.admin;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.core.StreamWriteFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.introspect.BeanPropertyDefinition;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.TextNode;
import dev.sluice.gate.Refuser;
import dev.sluice.wire.BadRequest;
import dev.sluice.wire.WireError;
import dev.sluice.wire.WireError.Kind;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.apache.pekko.http.javadsl.model.ContentTypes;
import org.apache.pekko.http.javadsl.model.HttpEntities;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.http.javadsl.model.StatusCodes;
import org.jspecify.annotations.Nullable;

/** Reads strictly, writes snake_case. */
final class Json {
    /** A value from a request is quoted in a message no longer than this. */
    private static final int QUOTED_CHARS = 80;

    private static final JsonMapper MAPPER = JsonMapper.builder()
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .enable(StreamWriteFeature.WRITE_BIGDECIMAL_AS_PLAIN)
            .propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
            .build();

    /** What others wrote and we only show: without our strictness. */
    private static final JsonMapper SHOWN = JsonMapper.builder()
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
            .build();

    private Json() {}

    /** JSON that somebody else wrote; null when it is none. */
    static @Nullable JsonNode tree(byte[] text) {
        try {
            var tree = SHOWN.readTree(text);
            return tree.isMissingNode() ? null : tree;
        } catch (IOException e) {
            return null;
        }
    }

    static HttpResponse ok(Object body) {
        return HttpResponse.create().withEntity(HttpEntities.create(ContentTypes.APPLICATION_JSON, bytes(body)));
    }

    static byte[] bytes(Object body) {
        try {
            return MAPPER.writeValueAsBytes(body);
        } catch (JsonProcessingException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** What a record's component is called in what is written. */
    static String nameOf(Class<?> type, String component) {
        var config = MAPPER.getSerializationConfig();
        return config.introspect(MAPPER.constructType(type)).findProperties().stream()
                .filter(property -> property.getInternalName().equals(component))
                .map(BeanPropertyDefinition::getName)
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException(type + ": " + component + " is not written"));
    }

    static HttpResponse notFound(String message) {
        return Refuser.JSON.refuse(new WireError(Kind.NOT_FOUND, 404, message));
    }

    static HttpResponse badRequest(String message) {
        return Refuser.JSON.refuse(new WireError(Kind.BAD_REQUEST, 400, message));
    }

    /**
     * What is wrong with a request, in the terms of RFC 9457.
     *
     * @param errors what exactly, in the order of what was sent
     */
    static HttpResponse problem(int status, String detail, List<ProblemError> errors) {
        var body = new Problem("about:blank", StatusCodes.get(status).reason(), status, detail, errors);
        return HttpResponse.create()
                .withStatus(status)
                .withEntity(HttpEntities.create(Refuser.PROBLEM_JSON, bytes(body)));
    }

    record ProblemError(String location, String message) {}

    @JsonInclude(JsonInclude.Include.NON_NULL)
    record Problem(
            String type,
            String title,
            int status,
            String detail,
            @Nullable List<ProblemError> errors) {}

    /** An object with exactly these fields, all of them strings. */
    static JsonNode readTexts(byte[] body, String... fields) throws BadRequest {
        var object = readObject(body, List.of(fields));
        for (var field : fields) {
            if (!object.path(field).isTextual()) {
                var came = object.has(field) ? shorten(object.get(field).toString()) : "nothing";
                throw new BadRequest(field + ": " + came + " (expected: a string)");
            }
        }
        return object;
    }

    /** An object with no fields but these. */
    static JsonNode readObject(byte[] body, List<String> fields) throws BadRequest {
        var object = readObject(body);
        expectFields(object, fields);
        return object;
    }

    static void expectFields(JsonNode object, List<String> fields) throws BadRequest {
        for (var name : new TreeSet<>(
                object.properties().stream().map(Map.Entry::getKey).toList())) {
            if (!fields.contains(name)) {
                throw new BadRequest("unknown field " + quote(name) + " (expected: " + String.join(", ", fields) + ")");
            }
        }
    }

    private static JsonNode readObject(byte[] body) throws BadRequest {
        JsonNode node;
        try {
            node = MAPPER.readTree(body);
        } catch (JacksonException e) {
            throw new BadRequest("the body is not JSON: " + e.getOriginalMessage());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        if (!node.isObject()) {
            throw new BadRequest("the body is not a JSON object");
        }
        return node;
    }

    /** A value from outside, for a message. */
    static String quote(String text) {
        return shorten(TextNode.valueOf(text).toString());
    }

    static String shorten(String text) {
        return text.length() <= QUOTED_CHARS ? text : text.substring(0, QUOTED_CHARS) + "...";
    }
}
