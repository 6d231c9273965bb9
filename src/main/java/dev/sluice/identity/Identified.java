package dev.sluice.identity;

import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.pekko.http.javadsl.model.HttpHeader;
import org.apache.pekko.http.javadsl.model.HttpRequest;
import org.apache.pekko.http.javadsl.model.Query;
import org.apache.pekko.http.javadsl.model.Uri;
import org.apache.pekko.http.javadsl.model.headers.RawRequestURI;

/**
 * A caller, and what of the request was the proof. The proof is the gateway's: nobody behind the gate gets to see it, least of
 * all a provider. What else a client sends in a credential's place is its own, and may be meant for a provider.
 *
 * @param headers    lower-case names of the headers that hold the proof
 * @param parameters names of the query's parameters that do
 */
public record Identified(Caller caller, Set<String> headers, Set<String> parameters) {
    public Identified {
        headers = headers.stream().map(it -> it.toLowerCase(Locale.ROOT)).collect(Collectors.toUnmodifiableSet());
        parameters = Set.copyOf(parameters);
    }

    /** By something that is no part of the request that could be sent on: where it came from, or a proxy's headers. */
    public static Identified of(Caller caller) {
        return new Identified(caller, Set.of(), Set.of());
    }

    /** By credentials in these headers. */
    public static Identified by(Set<String> headers, Caller caller) {
        return new Identified(caller, headers, Set.of());
    }

    /** With more headers that nobody else may see. */
    Identified and(Set<String> more) {
        return more.isEmpty()
                ? this
                : new Identified(
                        caller, Stream.concat(headers.stream(), more.stream()).collect(Collectors.toSet()), parameters);
    }

    /** The request as everybody else may see it. */
    public HttpRequest withoutProof(HttpRequest request) {
        var rest = request;
        if (!headers.isEmpty()) {
            rest = rest.withHeaders(kept(request.getHeaders()));
        }
        return parameters.isEmpty() ? rest : withoutParameters(rest);
    }

    private List<HttpHeader> kept(Iterable<HttpHeader> all) {
        var kept = new ArrayList<HttpHeader>();
        for (var header : all) {
            if (!headers.contains(header.lowercaseName())) {
                kept.add(header);
            }
        }
        return kept;
    }

    private HttpRequest withoutParameters(HttpRequest request) {
        var uri = request.getUri();
        var query = uri.rawQueryString().orElse("");
        var rest = without(query);
        if (rest.equals(query)) {
            return request;
        }
        var cut = request.withUri(withQuery(uri, rest));
        // The first line as it came is kept in a header; it holds the query, too.
        return request.getHeader(RawRequestURI.class)
                .map(line -> cut.withHeaders(withLine(request.getHeaders(), line.uri())))
                .orElse(cut);
    }

    private List<HttpHeader> withLine(Iterable<HttpHeader> all, String line) {
        var headers = new ArrayList<HttpHeader>();
        for (var header : all) {
            headers.add(header instanceof RawRequestURI ? RawRequestURI.create(withoutParameters(line)) : header);
        }
        return headers;
    }

    private String withoutParameters(String line) {
        var mark = line.indexOf('?');
        if (mark < 0) {
            return line;
        }
        var rest = without(line.substring(mark + 1));
        return rest.isEmpty() ? line.substring(0, mark) : line.substring(0, mark + 1) + rest;
    }

    private static Uri withQuery(Uri uri, String query) {
        return query.isEmpty() ? uri.query(Query.EMPTY) : uri.rawQueryString(query);
    }

    private String without(String query) {
        return Stream.of(query.split("&", -1))
                .filter(pair -> !parameters.contains(name(pair)))
                .collect(Collectors.joining("&"));
    }

    private static String name(String pair) {
        var name = pair.split("=", 2)[0];
        try {
            return URLDecoder.decode(name, StandardCharsets.UTF_8);
        } catch (IllegalArgumentException _) {
            return name;
        }
    }
}
