package dev.sluice.wire;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.sluice.wire.WireError.Kind;
import org.apache.pekko.util.ByteString;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class ErrorShapesTest {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String NASTY = "no \"model\"\n\ndata: {} \u2028 ü 世 🦊 \\ \u0000";

    @ParameterizedTest
    @CsvSource({
        "BAD_REQUEST, invalid_request_error, , invalid_request_error",
        "TOO_LARGE, invalid_request_error, request_too_large, request_too_large",
        "NO_ROLE, permission_error, permission_denied, permission_error",
        "GUARDRAIL_BLOCKED, guardrail_blocked, , invalid_request_error",
        "NOT_FOUND, invalid_request_error, model_not_found, not_found_error",
        "QUOTA_EXHAUSTED, insufficient_quota, insufficient_quota, rate_limit_error",
        "OVERLOADED, service_unavailable_error, server_is_overloaded, overloaded_error",
        "UPSTREAM_UNREACHABLE, server_error, upstream_unreachable, api_error",
        "UPSTREAM_TIMEOUT, server_error, upstream_timeout, timeout_error",
        "UPSTREAM_TRUNCATED, server_error, upstream_truncated, api_error",
        "INTERNAL, server_error, internal_error, api_error"
    })
    void saysEachKindInTheWordsOfTheFormat(Kind kind, String type, String code, String anthropicType) throws Exception {
        // Given
        var error = new WireError(kind, 400, NASTY);
        // Then
        for (var format : new WireFormat[] {Heads.CHAT, Heads.RESPONSES}) {
            var body = JSON.readTree(body(format, error).toArray());
            assertThat(body.size()).isEqualTo(1);
            assertThat(body.at("/error/message").textValue()).isEqualTo(NASTY);
            assertThat(body.at("/error/type").textValue()).isEqualTo(type);
            assertThat(body.at("/error/code").textValue()).isEqualTo(code);
            assertThat(body.at("/error/param").isNull()).isTrue();
        }
        var body = JSON.readTree(body(Heads.MESSAGES, error).toArray());
        assertThat(body.at("/type").textValue()).isEqualTo("error");
        assertThat(body.at("/error/type").textValue()).isEqualTo(anthropicType);
        assertThat(body.at("/error/message").textValue()).isEqualTo(NASTY);
    }

    @ParameterizedTest
    @EnumSource(Kind.class)
    void putsTheErrorOfTheBodyIntoTheEvent(Kind kind) throws Exception {
        // Given
        var error = new WireError(kind, 502, NASTY);
        for (var format : Heads.MODEL_IN_BODY) {
            // When
            var event = data(format.errorEvent(Framing.SSE, error));
            // Then
            assertThat(event.get("error"))
                    .isEqualTo(JSON.readTree(body(format, error).toArray()).get("error"));
        }
    }

    @Test
    void namesEventsAsEachFormatDoes() {
        // Given
        var error = new WireError(Kind.UPSTREAM_TRUNCATED, 502, "cut");
        // Then
        assertThat(Heads.CHAT.errorEvent(Framing.SSE, error).utf8String())
                .isEqualTo(
                        "\n\ndata: {\"error\":{\"message\":\"cut\",\"type\":\"server_error\",\"param\":null,\"code\":\"upstream_truncated\"}}\n\n");
        assertThat(Heads.RESPONSES.errorEvent(Framing.SSE, error).utf8String())
                .isEqualTo(
                        "\n\nevent: error\ndata: {\"type\":\"error\",\"sequence_number\":0,\"code\":\"upstream_truncated\",\"message\":\"cut\",\"param\":null,"
                                + "\"error\":{\"message\":\"cut\",\"type\":\"server_error\",\"param\":null,\"code\":\"upstream_truncated\"}}\n\n");
        assertThat(Heads.MESSAGES.errorEvent(Framing.SSE, error).utf8String())
                .isEqualTo(
                        "\n\nevent: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"api_error\",\"message\":\"cut\"}}\n\n");
    }

    @Test
    void survivesHalfACharacterInAMessage() throws Exception {
        // Given
        var error = new WireError(Kind.BAD_REQUEST, 400, "half \ud83e");
        // Then
        for (var format : Heads.MODEL_IN_BODY) {
            assertThat(JSON.readTree(body(format, error).toArray())
                            .at("/error/message")
                            .textValue())
                    .startsWith("half ");
        }
    }

    private static ByteString body(WireFormat format, WireError error) {
        return format.errorBody(format.operations().getFirst(), error);
    }

    /** The event's data: one line, between an empty line before and one behind. */
    private static JsonNode data(ByteString event) throws Exception {
        var text = event.utf8String();
        assertThat(text).startsWith("\n\n").endsWith("\n\n");
        var lines = text.strip().split("\n", -1);
        var last = lines[lines.length - 1];
        assertThat(lines.length).isLessThanOrEqualTo(2);
        assertThat(last).startsWith("data: {");
        return JSON.readTree(last.substring("data: ".length()));
    }
}
