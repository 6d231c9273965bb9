package dev.sluice.capture;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.cfg.JsonNodeFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Set;

/** Takes out of an answer what only its provider can read: signatures of thoughts, and thoughts in cipher. */
final class EncryptedBlobs {
    private static final JsonMapper JSON = JsonMapper.builder()
            .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
            .disable(JsonNodeFeature.STRIP_TRAILING_BIGDECIMAL_ZEROES)
            .build();

    private static final List<byte[]> SIGNS =
            List.of(bytes("signature\""), bytes("Signature\""), bytes("encrypted_"), bytes("redacted"));

    private static final Set<String> ALWAYS =
            Set.of("encrypted_content", "encrypted_index", "thoughtSignature", "thought_signature", "redactedContent");

    /** What a tool is called with is the model's own, whatever it is called. */
    private static final Set<String> ARGUMENTS = Set.of("input", "args", "arguments");

    private EncryptedBlobs() {}

    /** The answer itself when there are none in it. */
    static byte[] without(byte[] answer) {
        if (SIGNS.stream().noneMatch(sign -> contains(answer, sign))) {
            return answer;
        }
        try {
            var tree = JSON.readTree(answer);
            strip(tree);
            return JSON.writeValueAsBytes(tree);
        } catch (JacksonException e) {
            // No JSON after all: nobody could say where in it they are.
            return new byte[0];
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void strip(JsonNode node) {
        if (node instanceof ObjectNode object) {
            object.remove(ALWAYS);
            if (object.has("thinking") || object.path("type").asText().equals("thinking")) {
                object.remove("signature");
            }
            if (object.path("type").asText().equals("redacted_thinking")) {
                object.remove("data");
            }
            if (object.path("reasoningText") instanceof ObjectNode thought) {
                thought.remove("signature");
            }
            object.properties().forEach(field -> {
                if (!ARGUMENTS.contains(field.getKey())) {
                    strip(field.getValue());
                }
            });
        } else {
            node.forEach(EncryptedBlobs::strip);
        }
    }

    private static boolean contains(byte[] text, byte[] sign) {
        for (var at = 0; at <= text.length - sign.length; at++) {
            if (text[at] == sign[0] && java.util.Arrays.equals(text, at, at + sign.length, sign, 0, sign.length)) {
                return true;
            }
        }
        return false;
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }
}
