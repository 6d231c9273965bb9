package dev.sluice.hook;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import java.io.IOException;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** What a guardrail says. Keys that nobody knows are passed over; one that says something twice says nothing. */
sealed interface GuardrailReply {
    record Allow() implements GuardrailReply {}

    record Block(int status, String message) implements GuardrailReply {}

    @SuppressWarnings("ArrayRecordComponent") // Never compared: it lives as long as one question.
    record Modify(byte[] body) implements GuardrailReply {}

    int USUAL_STATUS = 403;
    String USUAL_MESSAGE = "request blocked by guardrail";

    /** Of a message for people; clients show it. */
    int MAX_MESSAGE = 2_000;

    JsonFactory STRICT = JsonFactory.builder()
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .streamReadConstraints(StreamReadConstraints.builder()
                    .maxStringLength(Integer.MAX_VALUE)
                    .build())
            .build();

    /** Null when it is no such reply. */
    static @Nullable GuardrailReply read(byte[] json) {
        if (!JsonBytes.isPlainUtf8(json)) {
            return null;
        }
        try (var parser = STRICT.createParser(json)) {
            if (parser.nextToken() != JsonToken.START_OBJECT) {
                return null;
            }
            var draft = new Draft();
            while (parser.nextToken() == JsonToken.FIELD_NAME) {
                draft.field(parser, json);
            }
            return parser.currentToken() == JsonToken.END_OBJECT && parser.nextToken() == null ? draft.reply() : null;
        } catch (IOException _) {
            return null;
        }
    }

    /** What was read of it so far. */
    final class Draft {
        private String action = "";
        private int status = USUAL_STATUS;
        private String message = USUAL_MESSAGE;
        private byte @Nullable [] body;

        private void field(JsonParser parser, byte[] json) throws IOException {
            var name = parser.currentName();
            var token = parser.nextToken();
            switch (name) {
                case "action" -> action = token == JsonToken.VALUE_STRING ? parser.getText() : "";
                case "status_code" -> status = token == JsonToken.VALUE_NUMBER_INT ? refusing(parser) : USUAL_STATUS;
                case "message" -> message = token == JsonToken.VALUE_STRING ? told(parser.getText()) : USUAL_MESSAGE;
                case "request_body" -> {
                    if (token == JsonToken.START_OBJECT) {
                        var start =
                                Math.toIntExact(parser.currentTokenLocation().getByteOffset());
                        parser.skipChildren();
                        body = Arrays.copyOfRange(
                                json,
                                start,
                                Math.toIntExact(parser.currentLocation().getByteOffset()));
                    }
                }
                default -> {
                    // Not for us.
                }
            }
            parser.skipChildren();
        }

        /** A status that refuses, or the usual one: a client must not take a no for a yes. */
        private static int refusing(JsonParser parser) throws IOException {
            var number = parser.getLongValue();
            return number >= 400 && number <= 599 ? (int) number : USUAL_STATUS;
        }

        private static String told(String text) {
            var plain = text.strip();
            return plain.isEmpty() ? USUAL_MESSAGE : plain.substring(0, Math.min(plain.length(), MAX_MESSAGE));
        }

        private @Nullable GuardrailReply reply() {
            return switch (action) {
                case "allow" -> new Allow();
                case "block" -> new Block(status, message);
                case "modify" -> body == null ? new Allow() : new Modify(body);
                default -> null;
            };
        }
    }
}
