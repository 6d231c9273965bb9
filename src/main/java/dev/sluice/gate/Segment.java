package dev.sluice.gate;

import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * One segment of a path's pattern: text, or a parameter in braces and then text, as in {@code {model}:generateContent}.
 *
 * @param name    the parameter; null when the segment is text only
 * @param slashes whether the parameter may hold slashes, which come percent-encoded: {@code {+name}}
 * @param text    what the segment is, or ends with
 */
record Segment(@Nullable String name, boolean slashes, String text) {
    static Segment of(String pattern) {
        var end = pattern.indexOf('}');
        if (!pattern.startsWith("{") || end < 0) {
            return new Segment(null, false, pattern);
        }
        var slashes = pattern.startsWith("{+");
        return new Segment(pattern.substring(slashes ? 2 : 1, end), slashes, pattern.substring(end + 1));
    }

    /** Whether a segment of a request's path is one of these; its parameter is added to the others. */
    boolean matches(String segment, Map<String, String> parameters) {
        if (name == null) {
            return segment.equals(text);
        }
        if (!segment.endsWith(text)) {
            return false;
        }
        var value = decode(segment.substring(0, segment.length() - text.length()));
        if (value == null) {
            return false;
        }
        parameters.put(name, value);
        return true;
    }

    /** A segment's text; null for one that could mean anything but itself. */
    private @Nullable String decode(String segment) {
        var value = segment.indexOf('%') < 0 ? segment : percentDecode(segment);
        var isPlain = value != null
                && (slashes || value.indexOf('/') < 0)
                && Stream.of(value.split("/", -1)).noneMatch(Segment::isNoName)
                && value.indexOf('\\') < 0
                && value.chars().noneMatch(c -> Character.isISOControl(c) || c == '\uFFFD');
        return isPlain ? value : null;
    }

    private static boolean isNoName(String part) {
        return part.isEmpty() || part.equals(".") || part.equals("..");
    }

    /** Unlike {@code URLDecoder}, leaves a plus alone. */
    private static @Nullable String percentDecode(String segment) {
        var bytes = segment.getBytes(StandardCharsets.UTF_8);
        var length = 0;
        for (var i = 0; i < bytes.length; i++) {
            if (bytes[i] != '%') {
                bytes[length++] = bytes[i];
                continue;
            }
            var high = i + 2 <= bytes.length - 1 ? Character.digit(bytes[i + 1], 16) : -1;
            var low = i + 2 <= bytes.length - 1 ? Character.digit(bytes[i + 2], 16) : -1;
            if (high < 0 || low < 0) {
                return null;
            }
            bytes[length++] = (byte) (16 * high + low);
            i += 2;
        }
        return new String(bytes, 0, length, StandardCharsets.UTF_8);
    }
}
