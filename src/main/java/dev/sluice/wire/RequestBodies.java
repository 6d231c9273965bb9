package dev.sluice.wire;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.Locale;
import java.util.zip.GZIPInputStream;
import java.util.zip.Inflater;
import java.util.zip.InflaterInputStream;
import org.jspecify.annotations.Nullable;

/** Undoes the content coding of a request's body, so that it can be read and spliced. */
public final class RequestBodies {
    private RequestBodies() {}

    /**
     * The body as JSON readers want it. The caller forwards either the decoded bytes without {@code content-encoding},
     * or the original ones unspliced.
     *
     * @param contentEncoding the header; null when absent
     * @param maxBytes        what the decoded body may have: a few kB of gzip can hold gigabytes
     * @throws BadRequest when the coding is unknown, the bytes do not keep to it, or the limit is passed
     */
    public static byte[] decode(byte[] body, @Nullable String contentEncoding, int maxBytes) throws BadRequest {
        var coding = contentEncoding == null ? "" : contentEncoding.strip().toLowerCase(Locale.ROOT);
        return switch (coding) {
            case "", "identity" -> body;
            case "gzip", "x-gzip" -> read(coding, () -> new GZIPInputStream(new ByteArrayInputStream(body)), maxBytes);
            case "deflate" -> inflate(body, maxBytes);
            default -> throw new BadRequest("content-encoding: not supported (expected: gzip, deflate or none)");
        };
    }

    /** The header's "deflate" means zlib; some clients send it raw. */
    private static byte[] inflate(byte[] body, int maxBytes) throws BadRequest {
        var inflater = new Inflater(!isZlib(body));
        try {
            return read("deflate", () -> new InflaterInputStream(new ByteArrayInputStream(body), inflater), maxBytes);
        } finally {
            inflater.end();
        }
    }

    static boolean isZlib(byte[] body) {
        return body.length >= 2 && (body[0] & 0x0F) == 8 && ((body[0] & 0xFF) << 8 | (body[1] & 0xFF)) % 31 == 0;
    }

    private static byte[] read(String coding, Source source, int maxBytes) throws BadRequest {
        byte[] bytes;
        try (var in = source.open()) {
            bytes = in.readNBytes(maxBytes + 1);
        } catch (IOException _) {
            throw new BadRequest("body: not " + coding + " as its content-encoding says (expected: " + coding + ")");
        }
        if (bytes.length > maxBytes) {
            throw new BadRequest("body: more than " + maxBytes + " bytes when decoded (expected: at most that)");
        }
        return bytes;
    }

    private interface Source {
        InputStream open() throws IOException;
    }
}
