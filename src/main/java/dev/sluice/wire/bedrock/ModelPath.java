package dev.sluice.wire.bedrock;

import dev.sluice.wire.Operation;
import dev.sluice.wire.Operation.Purpose;
import dev.sluice.wire.Operation.Streaming;
import dev.sluice.wire.RequestHead;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;

/** {@code /model/{model}/invoke} and its like, with or without the {@code /bedrock} that tells them from other APIs of one host. */
final class ModelPath {
    private static final String PREFIX = "/bedrock";
    private static final String MODEL = "model";
    private static final String UNRESERVED = "-._~";

    private ModelPath() {}

    /** What can be asked at a path of this ending. */
    static List<Operation> operations(String action, Purpose purpose, Streaming streaming) {
        var path = "/model/{+model}/" + action;
        return List.of(
                new Operation("POST", PREFIX + path, purpose, streaming),
                new Operation("POST", path, purpose, streaming));
    }

    /** The name of the path that {@code /v1/models} tells. */
    static String endpoint(String action) {
        return PREFIX + "/model/{model}/" + action;
    }

    static String model(Map<String, String> parameters) {
        return parameters.getOrDefault(MODEL, "");
    }

    /**
     * The path at Bedrock. A model that is not replaced stays as the client has encoded it, since signatures cover the path; another one is
     * encoded as AWS's SDKs do it.
     */
    static String upstream(
            Operation asked, Map<String, String> parameters, String rawPath, RequestHead head, String model) {
        var segments = rawPath.split("/", -1);
        var sent = segments.length < 2 ? "" : segments[segments.length - 2];
        var kept = head.model().equals(model) && decoded(sent).equals(model(parameters));
        var action = asked.path().substring(asked.path().lastIndexOf('/'));
        return "/model/" + (kept ? sent : encoded(model)) + action;
    }

    private static String decoded(String segment) {
        try {
            // In a path a plus is a plus.
            return URLDecoder.decode(segment.replace("+", "%2B"), StandardCharsets.UTF_8);
        } catch (IllegalArgumentException e) {
            return "";
        }
    }

    /** Everything but RFC 3986's unreserved characters. */
    static String encoded(String model) {
        var path = new StringBuilder();
        for (byte b : model.getBytes(StandardCharsets.UTF_8)) {
            char c = (char) (b & 0xFF);
            if (c < 0x80 && (Character.isLetterOrDigit(c) || UNRESERVED.indexOf(c) >= 0)) {
                path.append(c);
            } else {
                path.append("%%%02X".formatted((int) c));
            }
        }
        return path.toString();
    }
}
