package dev.sluice.wire;

import com.github.luben.zstd.ZstdInputStream;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.zip.GZIPInputStream;
import java.util.zip.Inflater;
import java.util.zip.InflaterInputStream;
import org.apache.pekko.util.ByteString;
import org.brotli.dec.BrotliInputStream;
import org.jspecify.annotations.Nullable;

/** Takes content codings off bodies, for the record only. */
public final class ContentDecoding {
    private static final int MAX_CODINGS = 3;
    private static final int PIECE = 16 * 1024;

    /** What a coding may add to bytes that it cannot make fewer. */
    private static final int SLACK = 64 * 1024;

    /** A window of 8 MB, the most that may be sent as zstd over HTTP (RFC 9659). */
    private static final int MAX_WINDOW_BITS = 23;

    /** An empty last block, in one byte: it ends what was flushed and then broke off. */
    private static final byte BROTLI_END = 3;

    /** How the decoder of br says that there is no more. */
    private static final Set<String> BROTLI_BROKE_OFF =
            Set.of("No more input", "Read after end", "Unexpected end of input");

    private ContentDecoding() {}

    /**
     * The body without its codings: gzip, deflate (both of those that go by that name), br, zstd, up to three of them over one another. Of
     * a body that was cut off, as much as can be decoded; of br, which is decoded window by window, mostly what its sender had flushed.
     *
     * @param contentEncoding the header's value; null when there is none
     * @param max             bytes of the result
     * @return empty when a coding is unknown or the bytes are broken, or more than {@code max}
     */
    public static Optional<byte[]> decode(@Nullable String contentEncoding, List<ByteString> body, int max) {
        var codings = codings(contentEncoding);
        if (codings.size() > MAX_CODINGS) {
            return Optional.empty();
        }
        var bytes = joined(body, codings.isEmpty() ? max : Integer.MAX_VALUE);
        for (int at = codings.size() - 1; at >= 0 && bytes != null; at--) {
            var most = at == 0 ? max : (int) Math.min((long) max + SLACK, Integer.MAX_VALUE - SLACK);
            bytes = decoded(codings.get(at), bytes, most);
        }
        return Optional.ofNullable(bytes);
    }

    /** In the order in which they were put on. */
    private static List<String> codings(@Nullable String contentEncoding) {
        return contentEncoding == null
                ? List.of()
                : Arrays.stream(contentEncoding.split(",", -1))
                        .map(coding -> coding.strip().toLowerCase(Locale.ROOT))
                        .filter(coding -> !coding.isEmpty() && !coding.equals("identity"))
                        .toList();
    }

    private static byte @Nullable [] joined(List<ByteString> body, int max) {
        long length = 0;
        for (var bytes : body) {
            length += bytes.size();
        }
        if (length > max) {
            return null;
        }
        var joined = new byte[(int) length];
        var at = 0;
        for (var bytes : body) {
            bytes.copyToArray(joined, at, bytes.size());
            at += bytes.size();
        }
        return joined;
    }

    private static byte @Nullable [] decoded(String coding, byte[] encoded, int max) {
        if (encoded.length == 0) {
            return encoded;
        }
        return switch (coding) {
            case "gzip", "x-gzip" -> read(() -> new GZIPInputStream(new ByteArrayInputStream(encoded)), max);
            case "deflate" -> inflated(encoded, max);
            case "br" -> unbrotlied(encoded, max);
            case "zstd" -> read(() -> zstd(encoded), max);
            default -> null;
        };
    }

    private static byte @Nullable [] inflated(byte[] encoded, int max) {
        var inflater = new Inflater(!RequestBodies.isZlib(encoded));
        try {
            var decoded = read(() -> new InflaterInputStream(new ByteArrayInputStream(encoded), inflater), max);
            // To a dictionary that nobody has, the stream says nothing but that it has ended.
            return inflater.needsDictionary() ? null : decoded;
        } finally {
            inflater.end();
        }
    }

    private static byte @Nullable [] unbrotlied(byte[] encoded, int max) {
        var decoded = new ByteArrayOutputStream();
        try {
            return read(new BrotliInputStream(new ByteArrayInputStream(encoded)), max, decoded)
                    ? decoded.toByteArray()
                    : null;
        } catch (IOException | RuntimeException e) {
            var flushed = read(() -> new BrotliInputStream(ended(encoded)), max);
            var cause = e.getCause();
            var brokeOff = decoded.size() > 0
                    && cause != null
                    && BROTLI_BROKE_OFF.contains(String.valueOf(cause.getMessage()));
            return flushed == null && brokeOff ? decoded.toByteArray() : flushed;
        }
    }

    private static InputStream ended(byte[] encoded) {
        var ended = Arrays.copyOf(encoded, encoded.length + 1);
        ended[encoded.length] = BROTLI_END;
        return new ByteArrayInputStream(ended);
    }

    private static InputStream zstd(byte[] encoded) throws IOException {
        var in = new ZstdInputStream(new ByteArrayInputStream(encoded));
        in.setLongMax(MAX_WINDOW_BITS);
        // An end within a frame is an end.
        in.setContinuous(true);
        return in;
    }

    /** All of it, or what comes before it breaks off; null for what is broken or too much. */
    private static byte @Nullable [] read(Source source, int max) {
        var decoded = new ByteArrayOutputStream();
        try (var in = source.open()) {
            return read(in, max, decoded) ? decoded.toByteArray() : null;
        } catch (EOFException _) {
            return decoded.toByteArray();
        } catch (IOException | RuntimeException _) {
            // The decoder of br throws what it likes at bytes that are none.
            return null;
        }
    }

    /** Whether it was no more than it may be. */
    private static boolean read(InputStream in, int max, ByteArrayOutputStream decoded) throws IOException {
        var piece = new byte[PIECE];
        for (var length = in.read(piece); length >= 0; length = in.read(piece)) {
            if (length > max - decoded.size()) {
                return false;
            }
            decoded.write(piece, 0, length);
        }
        return true;
    }

    private interface Source {
        InputStream open() throws IOException;
    }
}
