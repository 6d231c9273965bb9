package dev.sluice.wire;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/**
 * Takes a {@code multipart/form-data} body apart, in one pass over its bytes.
 *
 * <p>Parsers of forms differ in more than any other format's: in what ends a line, in what may stand before the first part and
 * behind the last, in quotes, in blanks behind a boundary. A part that one parser sees and another does not is a way around
 * a grant, so only what all read alike is read here, which is what every client sends: each place where the boundary stands, be
 * it inside a file, is a delimiter on a line of its own that ends in CRLF; nothing stands before the first and behind the last.
 */
final class FormParts {
    /** A form has a handful of fields; an edit of pictures has 16 files at most. */
    static final int MAX_PARTS = 1_000;

    /** The headers of one part: its name and a file's. */
    static final int MAX_HEADER_BYTES = 8 * 1024;

    /** RFC 2046, 5.1.1. */
    private static final int MAX_BOUNDARY = 70;

    private static final Set<String> TEXT_TYPES = Set.of("", "text/plain");
    private static final Set<String> TEXT_CHARSETS = Set.of("utf-8", "us-ascii");
    private static final Set<String> PLAIN_ENCODINGS = Set.of("7bit", "8bit", "binary");
    private static final Set<String> TEXT_HEADERS =
            Set.of("content-disposition", "content-type", "content-transfer-encoding", "content-length");
    private static final Set<String> PARAMETERS = Set.of("name", "filename", "filename*");

    private static final byte[] BLANK_LINE = {'\r', '\n', '\r', '\n'};

    /**
     * One part.
     *
     * @param name  its field
     * @param file  whether it has a file's name
     * @param plain whether its bytes are text in UTF-8, as they stand
     * @param start of its content
     * @param end   behind it
     */
    record Part(String name, boolean file, boolean plain, int start, int end) {
        int length() {
            return end - start;
        }
    }

    private final byte[] body;
    private final Needle delimiter;

    private FormParts(byte[] body, String boundary) {
        this.body = body;
        this.delimiter = new Needle(("--" + boundary).getBytes(StandardCharsets.US_ASCII));
    }

    /** The parts of a body, in order. */
    static List<Part> of(byte[] body, String contentType) throws BadRequest {
        return new FormParts(body, boundary(contentType)).read();
    }

    private static String boundary(String contentType) throws BadRequest {
        var type = HeaderParameters.of(contentType);
        if (!type.value().equals("multipart/form-data")) {
            throw new BadRequest("content-type: " + (type.value().isEmpty() ? "missing" : "not a form")
                    + " (expected: multipart/form-data with a boundary)");
        }
        var boundary = type.parameters().get("boundary");
        if (boundary == null
                || boundary.isEmpty()
                || boundary.length() > MAX_BOUNDARY
                || boundary.endsWith(" ")
                || !boundary.chars().allMatch(FormParts::isBoundaryCharacter)) {
            throw new BadRequest("content-type: " + (boundary == null ? "no boundary" : "a boundary that cannot be")
                    + " (expected: 1 to " + MAX_BOUNDARY + " letters, digits and '()+_,-./:=?)");
        }
        return boundary;
    }

    private static boolean isBoundaryCharacter(int c) {
        return c < 0x80 && (Character.isLetterOrDigit(c) || " '()+_,-./:=?".indexOf(c) >= 0);
    }

    private List<Part> read() throws BadRequest {
        if (delimiter.find(body, 0) != 0) {
            throw new BadRequest("form: begins with something else (expected: the boundary)");
        }
        var parts = new ArrayList<Part>();
        var at = delimiter.length();
        while (!isLast(at)) {
            if (parts.size() == MAX_PARTS) {
                throw new BadRequest("form: more than " + MAX_PARTS + " parts (expected: at most that)");
            }
            var head = lineEnd(at);
            var next = next(head);
            parts.add(part(head, next - 2));
            at = next + delimiter.length();
        }
        return parts;
    }

    /** Whether the delimiter that ends here was the last. */
    private boolean isLast(int at) throws BadRequest {
        if (!has(at, '-', '-')) {
            return false;
        }
        var behind = at + 2;
        if (behind == body.length || (behind + 2 == body.length && has(behind, '\r', '\n'))) {
            return true;
        }
        throw new BadRequest("form: more at byte " + behind + " behind its end (expected: nothing)");
    }

    private int lineEnd(int at) throws BadRequest {
        if (!has(at, '\r', '\n')) {
            throw new BadRequest("form: a boundary at byte " + (at - delimiter.length())
                    + " that is no line of its own (expected: CRLF behind it)");
        }
        return at + 2;
    }

    /** The delimiter that ends a part. */
    private int next(int from) throws BadRequest {
        var next = delimiter.find(body, from);
        if (next < 0) {
            throw new BadRequest("form: ends at byte " + body.length + " amid a part (expected: the boundary)");
        }
        if (next < from + 2 || !has(next - 2, '\r', '\n')) {
            throw new BadRequest("form: a boundary at byte " + next + " amid a line (expected: CRLF before it)");
        }
        return next;
    }

    private boolean has(int at, char first, char second) {
        return at >= 0 && at + 2 <= body.length && body[at] == first && body[at + 1] == second;
    }

    private Part part(int head, int end) throws BadRequest {
        var blank = blankLine(head, end);
        var headers = headers(head, blank);
        var disposition = HeaderParameters.of(headers.getOrDefault("content-disposition", ""));
        var name = disposition.parameters().get("name");
        if (!disposition.value().equals("form-data")
                || name == null
                || !PARAMETERS.containsAll(disposition.parameters().keySet())) {
            throw new BadRequest("form: a part at byte " + head
                    + " that does not say its name (expected: Content-Disposition: form-data; name=\"...\")");
        }
        if (name.isEmpty() || !name.chars().allMatch(FormParts::isNameCharacter)) {
            throw new BadRequest(
                    "form: a part at byte " + head + " with an odd name (expected: letters, digits, and . _ - [ ])");
        }
        var file = disposition.parameters().size() > 1;
        return new Part(name, file, !file && isPlain(headers), blank + BLANK_LINE.length, end);
    }

    private static boolean isNameCharacter(int c) {
        return c < 0x80 && (Character.isLetterOrDigit(c) || "._-[]".indexOf(c) >= 0);
    }

    private int blankLine(int head, int end) throws BadRequest {
        var last = Math.min(end, head + MAX_HEADER_BYTES) - BLANK_LINE.length;
        for (var at = head; at <= last; at++) {
            if (has(at, '\r', '\n') && has(at + 2, '\r', '\n')) {
                return at;
            }
        }
        throw new BadRequest("form: a part at byte " + head
                + " whose headers do not end (expected: a blank line within " + MAX_HEADER_BYTES + " bytes)");
    }

    private Map<String, String> headers(int from, int to) throws BadRequest {
        var headers = new HashMap<String, String>();
        var text = new String(body, from, to - from, StandardCharsets.ISO_8859_1);
        for (var line : text.split("\r\n", -1)) {
            var colon = line.indexOf(':');
            // No line is folded, no name has a blank behind it, and nothing but CRLF ends a line.
            if (colon < 1 || !line.chars().limit(colon).allMatch(FormParts::isNameCharacter) || hasControl(line)) {
                throw new BadRequest("form: a part at byte " + from + " with an odd header (expected: Name: value)");
            }
            var name = line.substring(0, colon).toLowerCase(Locale.ROOT);
            if (headers.put(name, line.substring(colon + 1).strip()) != null) {
                throw new BadRequest("form: " + name + " twice in the part at byte " + from + " (expected: once)");
            }
        }
        return headers;
    }

    private static boolean hasControl(String line) {
        return line.chars().anyMatch(c -> c < ' ' && c != '\t');
    }

    /** Text that is text to every parser: no charset, no encoding and no header that could make something else of it. */
    private static boolean isPlain(Map<String, String> headers) throws BadRequest {
        var type = HeaderParameters.of(headers.getOrDefault("content-type", ""));
        var charset = type.parameters().getOrDefault("charset", "utf-8").toLowerCase(Locale.ROOT);
        var encoding =
                headers.getOrDefault("content-transfer-encoding", "binary").toLowerCase(Locale.ROOT);
        return TEXT_HEADERS.containsAll(headers.keySet())
                && TEXT_TYPES.contains(type.value())
                && Set.of("charset").containsAll(type.parameters().keySet())
                && TEXT_CHARSETS.contains(charset)
                && PLAIN_ENCODINGS.contains(encoding);
    }
}
