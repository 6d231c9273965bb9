package dev.sluice.gate;

import dev.sluice.access.Access;
import dev.sluice.access.CrossOrigin;
import dev.sluice.access.CrossOrigin.Allowed;
import dev.sluice.identity.Caller;
import java.util.Optional;
import org.apache.pekko.http.javadsl.model.HttpHeader;
import org.apache.pekko.http.javadsl.model.HttpMethod;
import org.apache.pekko.http.javadsl.model.HttpMethods;
import org.apache.pekko.http.javadsl.model.HttpRequest;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.http.javadsl.model.headers.RawHeader;
import org.jspecify.annotations.Nullable;

/**
 * Pages of other sites in a browser: what they may read, and what they may ask (CORS). Never with credentials: callers are known by where they
 * are, and a browser's cookies are nobody's business here.
 */
final class OtherSites {
    private static final HttpHeader VARY = RawHeader.create("Vary", "Origin");
    private static final HttpHeader PREFLIGHT_VARY =
            RawHeader.create("Vary", "Origin, Access-Control-Request-Method, Access-Control-Request-Headers");

    private OtherSites() {}

    /** What a caller's grants let pages read; {@link CrossOrigin#NONE}, and at no cost, where no grant says anything of that. */
    static CrossOrigin readable(Access access, Caller caller) {
        return access.knowsOtherSites() || !caller.carried().isEmpty() ? access.crossOrigin(caller) : CrossOrigin.NONE;
    }

    /** An answer as the page's browser must see it, so that it lets the page read it, or does not. */
    static HttpResponse mark(HttpResponse answer, HttpRequest request, CrossOrigin readable) {
        var allowed = request.getHeader("origin")
                .flatMap(origin ->
                        readable.allowed(origin.value(), request.getUri().getPathString()));
        var varying = answer.addHeader(VARY);
        return allowed.map(it -> varying.addHeader(allowOrigin(it))).orElse(varying);
    }

    /** What a browser wants to do for a page, if this is its question; it comes without anything that says who is calling. */
    static @Nullable HttpMethod asked(HttpRequest request) {
        if (!request.method().equals(HttpMethods.OPTIONS)
                || request.getHeader("origin").isEmpty()) {
            return null;
        }
        return request.getHeader("access-control-request-method")
                .flatMap(method -> HttpMethods.lookup(method.value()))
                .orElse(null);
    }

    /** Empty when no grant allows it. A caller whom nobody knows may be anybody. */
    static Optional<HttpResponse> preflight(HttpRequest request, Access access, Optional<Caller> caller) {
        var readable = caller.map(access::crossOrigin).orElseGet(access::crossOriginOfAnybody);
        return request.getHeader("origin")
                .flatMap(origin ->
                        readable.allowed(origin.value(), request.getUri().getPathString()))
                .map(OtherSites::preflight);
    }

    private static HttpResponse preflight(Allowed allowed) {
        var answer =
                HttpResponse.create().withStatus(204).addHeader(PREFLIGHT_VARY).addHeader(allowOrigin(allowed));
        if (!allowed.methods().isEmpty()) {
            answer = answer.addHeader(RawHeader.create("Access-Control-Allow-Methods", allowed.methods()));
        }
        return allowed.headers().isEmpty()
                ? answer
                : answer.addHeader(RawHeader.create("Access-Control-Allow-Headers", allowed.headers()));
    }

    private static HttpHeader allowOrigin(Allowed allowed) {
        return RawHeader.create("Access-Control-Allow-Origin", allowed.origin());
    }
}
