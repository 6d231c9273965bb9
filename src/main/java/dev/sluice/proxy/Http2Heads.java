package dev.sluice.proxy;

import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.util.AsciiString;
import java.nio.charset.StandardCharsets;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Set;
import java.util.regex.Pattern;
import org.apache.pekko.http.javadsl.model.ContentType;
import org.apache.pekko.http.javadsl.model.ContentTypes;
import org.apache.pekko.http.javadsl.model.DateTime;
import org.apache.pekko.http.javadsl.model.HttpCharsets;
import org.apache.pekko.http.javadsl.model.HttpHeader;
import org.apache.pekko.http.javadsl.model.HttpMethods;
import org.apache.pekko.http.javadsl.model.HttpRequest;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.http.javadsl.model.MediaTypes;
import org.apache.pekko.http.javadsl.model.StatusCodes;
import org.apache.pekko.http.javadsl.model.Uri;
import org.apache.pekko.http.javadsl.model.headers.RawHeader;
import org.apache.pekko.http.javadsl.model.headers.RawRequestURI;
import org.apache.pekko.http.javadsl.settings.ParserSettings;
import org.apache.pekko.http.scaladsl.model.IllegalUriException;
import org.jspecify.annotations.Nullable;

/**
 * The heads of HTTP/2, into Pekko's words and back: with the limits that Pekko's layer has for HTTP/1.1, and the same answers to whoever passes them.
 *
 * @param clock dates answers that bring no date
 */
record Http2Heads(ParserSettings limits, InstantSource clock) {
    /** As in a request's head. */
    private static final int PSEUDO_HEADERS = 4;

    /** Who is asked does not matter here; a name that a client makes up must not become part of a path. */
    private static final String ANYBODY = "http://localhost";

    /** What the entity says in Pekko's words. */
    private static final Set<String> OF_THE_ENTITY = Set.of("content-length", "content-type");

    /** Of answers: what HTTP/2 says in frames, and forbids in heads (RFC 9113, 8.2.2). */
    private static final Set<String> NOT_SAID = Set.of(
            "connection",
            "content-length",
            "content-type",
            "keep-alive",
            "proxy-connection",
            "transfer-encoding",
            "upgrade");

    private static final Pattern CHARSET = Pattern.compile(";\\s*charset\\s*=\\s*\"?([A-Za-z0-9._:+-]+)");

    /** What a client's head comes to. */
    sealed interface Head {}

    /** @param request without its entity */
    record Good(HttpRequest request) implements Head {}

    record Bad(HttpResponse answer) implements Head {}

    Head read(Http2Headers head) {
        if (head.method() == null || head.path() == null) {
            return bad(400, "no method or no path");
        }
        if (head.path().length() > limits.getMaxUriLength()) {
            return bad(414, "the path is longer than " + limits.getMaxUriLength() + " characters");
        }
        if (head.size() > limits.getMaxHeaderCount() + PSEUDO_HEADERS) {
            return bad(431, "more than " + limits.getMaxHeaderCount() + " headers");
        }
        var method = HttpMethods.lookup(head.method().toString());
        if (method.isEmpty()) {
            return bad(501, "unknown method");
        }
        var target = head.path().toString();
        var headers = new ArrayList<HttpHeader>(head.size());
        headers.add(RawRequestURI.create(target));
        if (head.authority() != null && !head.contains(HttpHeaderNames.HOST)) {
            headers.add(RawHeader.create("host", text(head.authority())));
        }
        for (var header : head) {
            var name = header.getKey().toString();
            if (header.getValue().length() > limits.getMaxHeaderValueLength()) {
                return bad(431, "a header is longer than " + limits.getMaxHeaderValueLength() + " characters");
            }
            if (!Http2Headers.PseudoHeaderName.hasPseudoHeaderFormat(name) && !OF_THE_ENTITY.contains(name)) {
                headers.add(RawHeader.create(name, text(header.getValue())));
            }
        }
        var uri = uri(target);
        return uri == null
                ? bad(400, "the path is not one")
                : new Good(HttpRequest.create()
                        .withMethod(method.get())
                        .withUri(uri)
                        .withHeaders(headers));
    }

    private static @Nullable Uri uri(String target) {
        if (!target.startsWith("/") || target.indexOf('#') >= 0) {
            return null;
        }
        try {
            return Uri.create(ANYBODY + target);
        } catch (IllegalUriException _) {
            return null;
        }
    }

    /** Bytes as UTF-8, as Pekko's layer reads them. */
    private static String text(CharSequence value) {
        return value instanceof AsciiString bytes
                ? new String(bytes.array(), bytes.arrayOffset(), bytes.length(), StandardCharsets.UTF_8)
                : value.toString();
    }

    private static Head bad(int status, String why) {
        return new Bad(HttpResponse.create().withStatus(status).withEntity(why));
    }

    /** The type of a request's body, with its charset even where Pekko knows that there is but one. */
    static ContentType type(Http2Headers head) {
        if (!head.contains(HttpHeaderNames.CONTENT_TYPE)) {
            return ContentTypes.NO_CONTENT_TYPE;
        }
        var text = head.get(HttpHeaderNames.CONTENT_TYPE).toString();
        try {
            var type = ContentTypes.parse(text);
            var charset = CHARSET.matcher(text);
            return type instanceof ContentType.WithFixedCharset && charset.find()
                    ? MediaTypes.customWithOpenCharset(
                                    type.mediaType().mainType(),
                                    type.mediaType().subType(),
                                    Map.of(),
                                    false)
                            .toContentType(HttpCharsets.custom(charset.group(1)))
                    : type;
        } catch (IllegalArgumentException | NoSuchElementException _) {
            // What Pekko's parser throws depends on how it fails.
            return ContentTypes.APPLICATION_OCTET_STREAM;
        }
    }

    /** The head of an answer, which goes without a body where its status says so. */
    Http2Headers of(HttpResponse answer) {
        // What comes here are names and values that another reader of heads, or a line of ours, has let pass.
        var head = new DefaultHttp2Headers(false);
        head.status(Integer.toString(answer.status().intValue()));
        for (var header : answer.getHeaders()) {
            if (header.renderInResponses() && !NOT_SAID.contains(header.lowercaseName())) {
                head.add(header.lowercaseName(), header.value());
            }
        }
        var entity = answer.entity();
        if (!entity.getContentType().equals(ContentTypes.NO_CONTENT_TYPE)) {
            head.set(HttpHeaderNames.CONTENT_TYPE, entity.getContentType().toString());
        }
        if (answer.status().allowsEntity()) {
            entity.getContentLengthOption().ifPresent(length -> head.setLong(HttpHeaderNames.CONTENT_LENGTH, length));
        }
        if (!head.contains(HttpHeaderNames.DATE)) {
            head.set(HttpHeaderNames.DATE, DateTime.create(clock.millis()).toRfc1123DateTimeString());
        }
        return head;
    }

    /** What is said to a client that asks before it sends. */
    static Http2Headers goOn() {
        return new DefaultHttp2Headers(false).status(Integer.toString(StatusCodes.CONTINUE.intValue()));
    }
}
