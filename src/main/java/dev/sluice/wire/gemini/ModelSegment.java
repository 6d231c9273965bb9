package dev.sluice.wire.gemini;

import dev.sluice.wire.Operation;
import dev.sluice.wire.RequestHead;
import java.nio.charset.StandardCharsets;

/** The last segment of a path, which names a model and what is asked of it: {@code gemini-2.5-pro:generateContent}. */
public final class ModelSegment {
    private ModelSegment() {}

    /** As it came, unless another model is meant, or the client has encoded the colon: Google reads a method behind a bare one only. */
    public static String path(Operation asked, String rawPath, RequestHead head, String model) {
        var method = method(asked);
        return head.model().equals(model) && rawPath.endsWith(method)
                ? rawPath
                : rawPath.substring(0, rawPath.lastIndexOf('/') + 1) + of(model, method);
    }

    /** The segment of a model and of what is asked of it. */
    static String of(String model, String method) {
        return encoded(model) + method;
    }

    /** What is asked, with its colon. */
    static String method(Operation asked) {
        return asked.path().substring(asked.path().lastIndexOf(':'));
    }

    private static String encoded(String model) {
        var text = new StringBuilder();
        for (byte b : model.getBytes(StandardCharsets.UTF_8)) {
            var isPlain = (b >= 'a' && b <= 'z')
                    || (b >= 'A' && b <= 'Z')
                    || (b >= '0' && b <= '9')
                    || "-._~@".indexOf(b) >= 0;
            if (isPlain) {
                text.append((char) b);
            } else {
                text.append("%%%02X".formatted(b & 0xFF));
            }
        }
        return text.toString();
    }
}
