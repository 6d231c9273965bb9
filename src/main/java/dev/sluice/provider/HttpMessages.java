package dev.sluice.provider;

import io.netty.handler.codec.http.DefaultHttpRequest;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpVersion;
import java.util.ArrayList;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.pekko.http.javadsl.model.ContentType;
import org.apache.pekko.http.javadsl.model.ContentTypes;
import org.apache.pekko.http.javadsl.model.HttpEntity;
import org.apache.pekko.http.javadsl.model.HttpHeader;
import org.apache.pekko.http.javadsl.model.HttpRequest;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.http.javadsl.model.StatusCode;
import org.apache.pekko.http.javadsl.model.StatusCodes;
import org.apache.pekko.http.javadsl.model.headers.RawHeader;

/** Requests and answers, from Pekko's words into Netty's and back. */
final class HttpMessages {
    /** Of requests: what is said by the entity, or by the connection. */
    private static final Set<String> NOT_SENT = Set.of(
            "connection",
            "content-length",
            "content-type",
            "keep-alive",
            "proxy-connection",
            "raw-request-uri",
            "te",
            "transfer-encoding",
            "upgrade");

    /** Of answers: what belongs to the entity, or to the connection. */
    private static final Set<String> NOT_TOLD = Set.of("content-length", "content-type", "transfer-encoding");

    /** What providers say of their answers is a handful of words, each of them dear to read. */
    private static final Map<String, ContentType> TYPES = new ConcurrentHashMap<>();

    private static final int MAX_TYPES = 256;

    private HttpMessages() {}

    /**
     * The head of a request.
     *
     * @param target the address on its first line
     * @throws IllegalArgumentException when it holds what no head can
     */
    static DefaultHttpRequest head(HttpRequest request, String target) {
        var head = new DefaultHttpRequest(
                HttpVersion.HTTP_1_1, HttpMethod.valueOf(request.method().value()), target);
        var headers = head.headers();
        for (var header : request.getHeaders()) {
            if (!NOT_SENT.contains(header.lowercaseName())) {
                headers.add(header.name(), header.value());
            }
        }
        var entity = request.entity();
        var type = entity.getContentType();
        if (!type.equals(ContentTypes.NO_CONTENT_TYPE)) {
            headers.set("Content-Type", type.toString());
        }
        var length = ((HttpEntity.Strict) entity).getData().size();
        if (length > 0 || request.method().requestEntityAcceptance().isEntityAccepted()) {
            headers.set("Content-Length", length);
        }
        return head;
    }

    /** The address on a request's first line: as its client wrote it, where that matters. */
    static String target(HttpRequest request) {
        for (var header : request.getHeaders()) {
            if (header.lowercaseName().equals("raw-request-uri")) {
                return header.value();
            }
        }
        return request.getUri().toString();
    }

    /** An answer without its entity, but with the entity's type. */
    static HttpResponse answer(io.netty.handler.codec.http.HttpResponse head) {
        var headers = new ArrayList<HttpHeader>(head.headers().size());
        var all = head.headers().iteratorAsString();
        while (all.hasNext()) {
            var header = all.next();
            // HTTP/2's stream id and the like, which its codec puts there.
            if (!NOT_TOLD.contains(header.getKey().toLowerCase(Locale.ROOT))
                    && !header.getKey().startsWith("x-http2-")) {
                headers.add(RawHeader.create(header.getKey(), header.getValue()));
            }
        }
        return HttpResponse.create().withStatus(status(head.status().code())).withHeaders(headers);
    }

    static ContentType type(io.netty.handler.codec.http.HttpResponse head) {
        var text = head.headers().get(HttpHeaderNames.CONTENT_TYPE);
        if (text == null) {
            return ContentTypes.NO_CONTENT_TYPE;
        }
        var known = TYPES.get(text);
        if (known == null) {
            known = KeptCharsets.parse(text);
            if (TYPES.size() < MAX_TYPES) {
                TYPES.put(text, known);
            }
        }
        return known;
    }

    private static StatusCode status(int code) {
        return StatusCodes.lookup(code)
                .orElseGet(() -> StatusCodes.custom(code, "", "", code >= 200 && code < 400, true));
    }
}
