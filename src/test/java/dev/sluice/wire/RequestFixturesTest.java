package dev.sluice.wire;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class RequestFixturesTest {
    private static final Path FIXTURES = Path.of("src/test/resources/wire/requests");
    private static final Set<String> FORMATS =
            Set.of("openai-chat", "openai-responses", "anthropic-messages", "openrouter", "gemini", "bedrock-invoke");
    private static final ObjectMapper JSON = new ObjectMapper();

    static Stream<String> requestsOfRealClients() throws IOException {
        try (var files = Files.list(FIXTURES)) {
            return files
                    .map(file -> file.getFileName().toString())
                    .filter(name -> name.endsWith(".request.json"))
                    .map(name -> name.replace(".request.json", ""))
                    .filter(name -> FORMATS.contains(
                            read(name + ".expected.json").get("format").asText()))
                    .sorted()
                    .toList()
                    .stream();
        }
    }

    @ParameterizedTest
    @MethodSource("requestsOfRealClients")
    void recognisesTheRequestsOfRealClients(String name) throws Exception {
        // Given
        var request = read(name + ".request.json");
        var path = request.get("path").asText();
        // When
        var head = head(path, JSON.writeValueAsString(request.get("body")), headers(request));
        // Then
        assertThat(recognised(head)).isEqualTo(expected(read(name + ".expected.json")));
    }

    @ParameterizedTest
    @MethodSource("requestsOfRealClients")
    void givesAnotherFirstMessageAnotherFingerprint(String name) throws Exception {
        // Given
        var request = read(name + ".request.json");
        var path = request.get("path").asText();
        var body = JSON.writeValueAsString(request.get("body"));
        // When
        var one = head(path, body, Map.of()).hints();
        var other = head(path, body.replaceAll("\"(Hi|hi|go on)\"", "\"Bye\""), Map.of())
                .hints();
        // Then
        assertThat(one.fingerprint()).hasSize(32).isNotEqualTo(other.fingerprint());
    }

    private static Map<String, @Nullable Object> recognised(RequestHead head) {
        var map = new LinkedHashMap<String, @Nullable Object>();
        map.put("client", head.hints().client());
        map.put("model", head.model());
        map.put("stream", head.stream());
        map.put("session_id", head.hints().sessionId());
        map.put("session_source", head.hints().source());
        map.put("parent_session_id", head.hints().parentSessionId());
        map.put("subagent_id", head.hints().subagentId());
        return map;
    }

    private static Map<String, @Nullable Object> expected(JsonNode json) {
        var map = new LinkedHashMap<String, @Nullable Object>();
        for (var field : json.properties()) {
            var value = field.getValue();
            if (!field.getKey().equals("format")) {
                map.put(field.getKey(), value.isBoolean() ? (Object) value.asBoolean() : value.textValue());
            }
        }
        return map;
    }

    private static RequestHead head(String target, String body, Map<String, String> headers) throws BadRequest {
        var path = target.replaceFirst("\\?.*", "").replaceFirst("^/api/", "/");
        for (var format : WireFormats.ALL) {
            for (var operation : format.operations()) {
                var pattern = Pattern.compile(operation.path().replaceAll("\\{\\+?(\\w+)}", "(?<$1>[^/]+)"));
                var matcher = pattern.matcher(path);
                if (matcher.matches()) {
                    var parameters = new HashMap<String, String>();
                    pattern.namedGroups()
                            .keySet()
                            .forEach(name -> parameters.put(
                                    name, URLDecoder.decode(matcher.group(name), StandardCharsets.UTF_8)));
                    return Heads.read(format, operation, parameters, Heads.utf8(body), headers);
                }
            }
        }
        throw new AssertionError(target);
    }

    private static Map<String, String> headers(JsonNode request) {
        var headers = new LinkedHashMap<String, String>();
        request.get("headers")
                .properties()
                .forEach(h -> headers.put(
                        h.getKey().toLowerCase(Locale.ROOT),
                        Objects.requireNonNull(h.getValue().textValue())));
        return headers;
    }

    private static JsonNode read(String file) {
        try {
            return JSON.readTree(FIXTURES.resolve(file).toFile());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
