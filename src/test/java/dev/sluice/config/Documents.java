package dev.sluice.config;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.json.JsonReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;

/** Policy documents to test with. */
final class Documents {
    /** HuJSON as somebody else reads it. */
    private static final JsonMapper HUJSON = JsonMapper.builder()
            .enable(JsonReadFeature.ALLOW_JAVA_COMMENTS, JsonReadFeature.ALLOW_TRAILING_COMMA)
            .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
            .build();

    private Documents() {}

    static String text(String name) {
        try (var stream = requireNonNull(Documents.class.getResourceAsStream("/policy/" + name + ".hujson"))) {
            return new String(stream.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static JsonNode tree(String text) {
        try {
            return HUJSON.readTree(text);
        } catch (JsonProcessingException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Reads a document in an empty environment. */
    static PolicyReading read(String text) {
        return PolicyDocument.read(text, Map.<String, String>of()::get);
    }

    static Policy policy(String text) {
        return requireNonNull(read(text).policy(), () -> read(text).findings().toString());
    }

    static List<String> messages(PolicyReading reading) {
        return reading.findings().stream().map(Finding::message).toList();
    }
}
