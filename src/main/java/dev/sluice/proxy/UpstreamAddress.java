package dev.sluice.proxy;

import dev.sluice.wire.Operation;
import org.apache.pekko.http.javadsl.model.HttpRequest;
import org.apache.pekko.http.javadsl.model.Uri;
import org.apache.pekko.http.javadsl.model.headers.RawRequestURI;
import org.jspecify.annotations.Nullable;

/**
 * The address on the first line of a request to a provider.
 *
 * <p>Pekko's URIs are parsed and rendered, which turns {@code %3A} into a colon; a signature covers the path as it is sent, and clients' own
 * encoding is theirs. Where the two differ, the first line is written by hand.
 *
 * @param uri       the client's path and query, without the provider's base URL
 * @param firstLine what stands on the first line, base URL's path included; null where the URI says it all
 */
record UpstreamAddress(Uri uri, @Nullable String firstLine) {
    /** The query goes along, but for {@code key}: some clients put their credential there. */
    static UpstreamAddress of(Underway request, HttpRequest incoming) {
        var upstream = request.upstream();
        var uri = incoming.getUri();
        var path = request.format.upstreamPath(
                request.operation,
                request.call().parameters(),
                sentPath(request.operation, incoming),
                request.head(),
                upstream.model(),
                upstream.provider().compatibility());
        var made = Passing.target(uri, path);
        if (made.equals(uri)) {
            return new UpstreamAddress(uri, null);
        }
        if (made.path().equals(path)) {
            return new UpstreamAddress(made, null);
        }
        var query = made.rawQueryString().map(it -> "?" + it).orElse("");
        return new UpstreamAddress(made, basePath(upstream.provider().baseUrl()) + path + query);
    }

    /** As it came, where the path has a parameter whose slashes are encoded; whatever else it says must be what the URI says. */
    private static String sentPath(Operation operation, HttpRequest incoming) {
        var parsed = incoming.getUri().path();
        if (!operation.path().contains("{+")) {
            return parsed;
        }
        // By its class: a client may send a header of that name, too.
        var sent = incoming.getHeader(RawRequestURI.class)
                .map(RawRequestURI::uri)
                .map(target -> target.split("\\?", 2)[0])
                .orElse(parsed);
        return segments(sent) == segments(parsed) && sent.startsWith("/") ? sent : parsed;
    }

    /** Fewer when dots were resolved. */
    private static long segments(String path) {
        return path.chars().filter(c -> c == '/').count();
    }

    private static String basePath(String baseUrl) {
        var slash = baseUrl.indexOf('/', baseUrl.indexOf("://") + 3);
        return slash < 0 ? "" : baseUrl.substring(slash).replaceFirst("/+$", "");
    }
}
