package dev.sluice.wire;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.sluice.wire.RequestHead.PathModel;
import dev.sluice.wire.WireError.Kind;
import dev.sluice.wire.bedrock.Converse;
import dev.sluice.wire.bedrock.InvokeModel;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Requests to Bedrock's paths, and our own answers there. */
class BedrockRequestsTest {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final WireFormat INVOKE = new InvokeModel();
    private static final WireFormat CONVERSE = new Converse();

    private static RequestHead read(WireFormat format, String action, String body) throws BadRequest {
        var operation = format.operations().stream()
                .filter(it -> it.path().endsWith("/" + action))
                .findFirst()
                .orElseThrow();
        return Heads.read(format, operation, Map.of("model", "eu.anthropic.x-v1:0"), Heads.utf8(body), Map.of());
    }

    @ParameterizedTest
    @CsvSource({"invoke, false", "invoke-with-response-stream, true"})
    void takesModelAndStreamFromThePathOnly(String action, boolean stream) throws Exception {
        // When
        var head = read(INVOKE, action, "{\"max_tokens\":7,\"model\":\"other\",\"stream\":" + !stream + "}");
        // Then
        assertThat(head.model()).isEqualTo("eu.anthropic.x-v1:0");
        assertThat(head.place()).isEqualTo(new PathModel());
        assertThat(head.stream()).isEqualTo(stream);
        assertThat(head.maxOutputTokens()).hasValue(7);
        assertThat(INVOKE.edits(head, "another", Set.of())).isEmpty();
    }

    @ParameterizedTest
    @CsvSource(quoteCharacter = '`', textBlock = """
            `{"prompt":"Hi","max_gen_len":64}`, 64
            `{"inputText":"Hi","textGenerationConfig":{"maxTokenCount":65,"temperature":0.1}}`, 65
            `{"messages":[],"inferenceConfig":{"maxTokens":66}}`, 66
            `{"messages":[],"max_completion_tokens":67}`, 67
            `{"texts":["Hi"],"input_type":"search_query"}`, -1
            `{"inferenceConfig":{"maxTokens":null}}`, -1
            `{"inferenceConfig":"none"}`, -1
            """)
    void readsTheOutputLimitOfEveryVendor(String body, long limit) throws Exception {
        assertThat(read(INVOKE, "invoke", body).maxOutputTokens())
                .isEqualTo(limit < 0 ? OptionalLong.empty() : OptionalLong.of(limit));
    }

    @Test
    void readsAConversation() throws Exception {
        // When
        var head = read(
                CONVERSE,
                "converse-stream",
                "{\"system\":[{\"text\":\"Be kind.\"}],\"messages\":[{\"role\":\"user\",\"content\":[{\"text\":\""
                        + "word ".repeat(400)
                        + "\"}]}],\"inferenceConfig\":{\"temperature\":1,\"maxTokens\":99},\"toolConfig\":{\"tools\":[]}}");
        // Then
        assertThat(head.stream()).isTrue();
        assertThat(head.maxOutputTokens()).hasValue(99);
        assertThat(head.promptTokens()).isBetween(450L, 600L);
    }

    @Test
    void tellsPromptsApartThatAreOneText() throws Exception {
        // When
        var one = read(INVOKE, "invoke", "{\"prompt\":\"Hi\"}").hints().fingerprint();
        var other = read(INVOKE, "invoke", "{\"prompt\":\"Bye\"}").hints().fingerprint();
        // Then
        assertThat(one).isNotEqualTo(other);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"inferenceConfig\":{\"maxTokens\":1,\"maxTokens\":100000}}",
                "{\"inferenceConfig\":{\"maxTokens\":1,\"MaxTokens\":100000}}",
                "{\"inferenceConfig\":{\"maxTokens\":1},\"inferenceConfig\":{\"maxTokens\":100000}}",
                "{\"inferenceConfig\":{\"maxTokens\":1},\"INFERENCECONFIG\":{\"maxTokens\":100000}}",
                "{\"inferenceConfig\":{\"maxTokens\":-1}}",
                "{\"inferenceConfig\":{\"maxTokens\":\"many\"}}",
                "[]",
                "{",
                "",
            })
    void refusesWhatMayBeReadInTwoWays(String body) {
        for (var format : List.of(INVOKE, CONVERSE)) {
            var action = format.equals(INVOKE) ? "invoke" : "converse";
            assertThatThrownBy(() -> read(format, action, body)).isInstanceOf(BadRequest.class);
        }
    }

    @ParameterizedTest
    @CsvSource({
        "BAD_REQUEST, ValidationException",
        "TOO_LARGE, ValidationException",
        "NO_ROLE, AccessDeniedException",
        "GUARDRAIL_BLOCKED, AccessDeniedException",
        "NOT_FOUND, ResourceNotFoundException",
        "QUOTA_EXHAUSTED, ThrottlingException",
        "OVERLOADED, ServiceUnavailableException",
        "UPSTREAM_UNREACHABLE, ServiceUnavailableException",
        "UPSTREAM_TIMEOUT, ModelTimeoutException",
        "UPSTREAM_TRUNCATED, ModelErrorException",
        "INTERNAL, InternalServerException"
    })
    void saysEachKindOfErrorInAmazonsWords(Kind kind, String type) throws Exception {
        for (var format : List.of(INVOKE, CONVERSE)) {
            // Given
            var error = new WireError(kind, 400, "no \"model\" \u2028 ü 🦊 \u0000");
            // When
            var body = JSON.readTree(
                    format.errorBody(format.operations().getFirst(), error).toArray());
            // Then
            assertThat(body.size()).isEqualTo(1);
            assertThat(body.path("message").textValue()).isEqualTo(error.message());
            assertThat(format.errorHeaders(error)).containsExactly(Map.entry("x-amzn-errortype", type));
        }
    }

    @ParameterizedTest
    @EnumSource(Kind.class)
    void raisesEachKindOfErrorWithinAStream(Kind kind) {
        for (var format : List.of(INVOKE, CONVERSE)) {
            // Given
            var reader = format.reader(
                    new AnswerHead(format.operations().getFirst(), Framing.AWS_EVENTS, false, "m", _ -> null));
            // When
            reader.read(format.errorEvent(Framing.AWS_EVENTS, new WireError(kind, 502, "cut \"here\" ü")));
            // Then
            var error = requireNonNull(reader.answer().error());
            assertThat(error.message()).isEqualTo("cut \"here\" ü");
            assertThat(error.type()).matches("[a-z][A-Za-z]+Exception");
        }
    }
}
