package dev.sluice.admin;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.zip.GZIPOutputStream;
import org.apache.pekko.http.javadsl.model.ContentTypes;
import org.apache.pekko.http.javadsl.model.HttpEntities;
import org.apache.pekko.http.javadsl.model.HttpRequest;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.http.javadsl.model.headers.RawHeader;
import org.jspecify.annotations.Nullable;

/**
 * A JSON document that clients keep: answered with a strong entity tag, compressed for those who take that, and not at all to those who
 * have it already.
 */
final class Document {
    /** Below, a compressed one saves nobody a packet. */
    private static final int LEAST_COMPRESSED = 1400;

    private final byte[] plain;
    private final byte @Nullable [] compressed;
    private final String hash;

    private Document(byte[] plain, byte @Nullable [] compressed, String hash) {
        this.plain = plain;
        this.compressed = compressed;
        this.hash = hash;
    }

    static Document of(Object body) {
        var plain = Json.bytes(body);
        return new Document(plain, plain.length < LEAST_COMPRESSED ? null : gzip(plain), hash(plain));
    }

    HttpResponse answer(HttpRequest request) {
        var zipped = takesGzip(request) ? compressed : null;
        // A strong tag is one of bytes, and these are others.
        var tag = "\"" + hash + (zipped == null ? "" : "-gzip") + "\"";
        var response = HttpResponse.create()
                .addHeader(RawHeader.create("ETag", tag))
                .addHeader(RawHeader.create("Vary", "Accept-Encoding"))
                .addHeader(RawHeader.create("Cache-Control", "private, no-cache"));
        if (isKnown(request)) {
            return response.withStatus(304);
        }
        return zipped == null
                ? response.withEntity(HttpEntities.create(ContentTypes.APPLICATION_JSON, plain))
                : response.addHeader(RawHeader.create("Content-Encoding", "gzip"))
                        .withEntity(HttpEntities.create(ContentTypes.APPLICATION_JSON, zipped));
    }

    /** Whether it has either form of it; the comparison is the weak one, as the standard wants it here. */
    private boolean isKnown(HttpRequest request) {
        return request.getHeader("If-None-Match").stream()
                .flatMap(header -> Arrays.stream(header.value().split(",", -1)))
                .map(String::strip)
                .map(tag -> tag.startsWith("W/") ? tag.substring(2) : tag)
                .anyMatch(tag ->
                        tag.equals("*") || tag.equals("\"" + hash + "\"") || tag.equals("\"" + hash + "-gzip\""));
    }

    static boolean takesGzip(HttpRequest request) {
        return request.getHeader("Accept-Encoding").stream()
                .flatMap(header -> Arrays.stream(header.value().split(",", -1)))
                .map(it -> List.of(it.strip().toLowerCase(Locale.ROOT).split("\\s*;\\s*", -1)))
                .anyMatch(it -> (it.getFirst().equals("gzip") || it.getFirst().equals("*"))
                        && it.stream().skip(1).noneMatch(weight -> weight.matches("q\\s*=\\s*0(\\.0*)?")));
    }

    static byte[] gzip(byte[] plain) {
        var out = new ByteArrayOutputStream(plain.length / 8);
        try (var gzip = new GZIPOutputStream(out)) {
            gzip.write(plain);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return out.toByteArray();
    }

    private static String hash(byte[] plain) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(plain), 0, 16);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JVM has SHA-256", e);
        }
    }
}
