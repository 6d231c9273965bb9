package dev.sluice.wire;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.sluice.wire.WireError.Kind;
import dev.sluice.wire.gemini.GenerateContent;
import dev.sluice.wire.vertex.RawPredict;
import dev.sluice.wire.vertex.VertexGenerateContent;
import java.time.Duration;
import java.util.List;
import org.apache.pekko.util.ByteString;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class GoogleErrorsTest {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final List<WireFormat> FORMATS = List.of(new GenerateContent(), new VertexGenerateContent());
    private static final String NASTY = "no \"model\"\n\ndata: {} \u2028 ü 世 🦊 \\ \u0000";

    private static Operation operation(WireFormat format, String end) {
        return format.operations().stream()
                .filter(it -> it.path().endsWith(end))
                .findFirst()
                .orElseThrow();
    }

    @ParameterizedTest
    @CsvSource({
        "BAD_REQUEST, 400, INVALID_ARGUMENT",
        "TOO_LARGE, 413, INVALID_ARGUMENT",
        "NO_ROLE, 403, PERMISSION_DENIED",
        "GUARDRAIL_BLOCKED, 403, PERMISSION_DENIED",
        "NOT_FOUND, 404, NOT_FOUND",
        "QUOTA_EXHAUSTED, 429, RESOURCE_EXHAUSTED",
        "OVERLOADED, 503, UNAVAILABLE",
        "UPSTREAM_UNREACHABLE, 502, UNAVAILABLE",
        "UPSTREAM_TIMEOUT, 504, DEADLINE_EXCEEDED",
        "UPSTREAM_TRUNCATED, 502, UNAVAILABLE",
        "INTERNAL, 500, INTERNAL"
    })
    void saysEachKindInGooglesWords(Kind kind, int code, String status) throws Exception {
        for (var format : FORMATS) {
            // When
            var body = JSON.readTree(format.errorBody(format.operations().getFirst(), new WireError(kind, code, NASTY))
                    .toArray());
            // Then
            assertThat(body.size()).isEqualTo(1);
            assertThat(body.at("/error/code").isInt()).isTrue();
            assertThat(body.at("/error/code").asInt()).isEqualTo(code);
            assertThat(body.at("/error/status").asText()).isEqualTo(status);
            assertThat(body.at("/error/message").asText()).isEqualTo(NASTY);
            assertThat(body.at("/error").has("details")).isFalse();
        }
    }

    @ParameterizedTest
    @CsvSource({
        ":streamGenerateContent, '', true",
        ":streamGenerateContent, alt=json, true",
        ":streamGenerateContent, xalt=sse, true",
        ":streamGenerateContent, alt=sse, false",
        ":streamGenerateContent, key=k&alt=sse, false",
        ":generateContent, '', false",
        ":countTokens, '', false"
    })
    void answersAnArrayWithAnArray(String method, String query, boolean array) throws Exception {
        for (var format : FORMATS) {
            var body = JSON.readTree(
                    format.errorBody(operation(format, method), query, new WireError(Kind.NOT_FOUND, 404, "no"))
                            .toArray());

            assertThat(body.isArray()).isEqualTo(array);
            assertThat((array ? body.get(0) : body).at("/error/status").asText())
                    .isEqualTo("NOT_FOUND");
        }
    }

    @Test
    void tellsHowLongToWait() throws Exception {
        // Given
        var error = new WireError(Kind.QUOTA_EXHAUSTED, 429, "no").retryingAfter(Duration.ofMillis(16_001));
        // When
        var detail = JSON.readTree(FORMATS.getFirst()
                        .errorBody(FORMATS.getFirst().operations().getFirst(), error)
                        .toArray())
                .at("/error/details/0");
        // Then
        assertThat(detail.at("/@type").asText()).isEqualTo("type.googleapis.com/google.rpc.RetryInfo");
        assertThat(detail.at("/retryDelay").asText()).isEqualTo("17s");
    }

    @Test
    void putsAnErrorIntoAStreamAsItsReadersDo() throws Exception {
        // Given
        var error = new WireError(Kind.UPSTREAM_TRUNCATED, 502, "cut");
        for (var format : FORMATS) {
            // When
            var event = format.errorEvent(Framing.SSE, error);
            var element = format.errorEvent(Framing.DOCUMENT, error);
            // Then
            assertThat(event.utf8String()).isEqualTo("\n\ndata: " + element.utf8String() + "\n\n");
            assertThat(JSON.readTree(element.toArray()).at("/error/code").asInt())
                    .isEqualTo(502);
        }
    }

    @Test
    void speaksOfAnthropicsModelsInAnthropicsWords() throws Exception {
        // Given
        var format = new RawPredict();
        var error = new WireError(Kind.QUOTA_EXHAUSTED, 429, NASTY);
        // Then
        for (var operation : format.operations()) {
            ByteString body = format.errorBody(operation, "", error);
            assertThat(JSON.readTree(body.toArray()).at("/error/type").asText()).isEqualTo("rate_limit_error");
        }
        assertThat(format.errorEvent(Framing.SSE, error).utf8String())
                .startsWith("\n\nevent: error\ndata: {\"type\":\"error\"");
    }
}
