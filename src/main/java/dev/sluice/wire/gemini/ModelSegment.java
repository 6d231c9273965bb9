package dev.sluice.wire.gemini;

import java.nio.charset.StandardCharsets;

/** The last segment of a path, which names a model and what is asked of it: {@code gemini-2.5-pro:generateContent}. */
public final class ModelSegment {
    private ModelSegment() {}

    /** The path with another model; all the rest as it came. */
    public static String withModel(String rawPath, String model) {
        var segment = rawPath.lastIndexOf('/') + 1;
        return rawPath.substring(0, segment) + encoded(model) + method(rawPath);
    }

    /** What is asked, with its colon. */
    public static String method(String rawPath) {
        return rawPath.substring(rawPath.lastIndexOf(':'));
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
