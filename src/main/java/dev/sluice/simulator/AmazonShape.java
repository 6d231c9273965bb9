package dev.sluice.simulator;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Map;
import org.apache.pekko.http.javadsl.model.ContentType;
import org.apache.pekko.http.javadsl.model.ContentTypes;
import org.apache.pekko.util.ByteString;

/** What Bedrock's formats share: event-stream frames, errors typed by a header. */
sealed interface AmazonShape extends Shape permits InvokeShape, ConverseShape {
    /** A frame's lengths that promise more than any frame has, with the right checksum. */
    ByteString PRELUDE_WITHOUT_END = ByteString.fromInts(0x7F, 0xFF, 0xFF, 0xFF, 0, 0, 0, 0, 0xAC, 0xC4, 0x7A, 0x25);

    @Override
    default String limitAt() {
        return "/max_tokens";
    }

    @Override
    default ContentType streamType() {
        return ContentTypes.parse("application/vnd.amazon.eventstream");
    }

    @Override
    default ByteString malformed(ByteString event) {
        return AmazonFrame.event("chunk", "{\"bytes\":\"eyJ0");
    }

    @Override
    default ByteString endless() {
        return PRELUDE_WITHOUT_END;
    }

    @Override
    default ObjectNode counted(long tokens) {
        return Shape.object().put("inputTokens", tokens);
    }

    @Override
    default String error(int status, String message, String requestId) {
        return Shape.object().put("message", message).toString();
    }

    @Override
    default ByteString errorEvent(String requestId) {
        return AmazonFrame.exception(
                "modelStreamErrorException",
                Shape.object()
                        .put("message", "The model produced an unexpected error.")
                        .put("originalStatusCode", 500)
                        .put("originalMessage", "internal")
                        .toString());
    }

    @Override
    default Map<String, String> headers(String requestId, boolean exhausted) {
        return Map.of("x-amzn-requestid", requestId);
    }

    @Override
    default Map<String, String> errorHeaders(int status) {
        return Map.of("x-amzn-errortype", type(status) + ":http://internal.amazon.com/coral/com.amazon.bedrock/");
    }

    private static String type(int status) {
        return switch (status) {
            case 401, 403 -> "AccessDeniedException";
            case 404 -> "ResourceNotFoundException";
            case 408 -> "ModelTimeoutException";
            case 424 -> "ModelErrorException";
            case 429 -> "ThrottlingException";
            case 503 -> "ServiceUnavailableException";
            default -> status < 500 ? "ValidationException" : "InternalServerException";
        };
    }
}
