package dev.sluice.provider;

import dev.sluice.config.ProviderRule;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Pattern;
import org.apache.pekko.http.javadsl.model.HttpHeader;
import org.apache.pekko.http.javadsl.model.Uri;
import org.apache.pekko.http.javadsl.model.headers.RawHeader;

/** Where a provider's requests go, and what they carry there: all that can be worked out before a request comes. */
record Target(
        ProviderRule provider,
        Host host,
        String basePath,
        List<HttpHeader> headers,
        ConcurrentHashMap<String, Uri> uris) {
    /** Clients ask for a handful of paths; who makes up others pays for parsing them. */
    private static final int MAX_URIS = 256;

    private static final Pattern VERSIONED = Pattern.compile(".*/v\\d+(?:beta|alpha)?");

    /** One end of a connection. */
    record Host(boolean tls, String name, int port) {
        @Override
        public String toString() {
            return (tls ? "https://" : "http://") + name + ":" + port;
        }
    }

    static Target of(ProviderRule provider) {
        var base = URI.create(provider.baseUrl());
        var tls = "https".equals(base.getScheme().toLowerCase(Locale.ROOT));
        // Not URI.getHost(): it is null for names with an underscore, which container networks are full of.
        var authority = base.getRawAuthority();
        var colon = authority.indexOf(':', authority.indexOf(']') + 1);
        var name = colon < 0 ? authority : authority.substring(0, colon);
        var port = colon < 0 ? tls ? 443 : 80 : Integer.parseInt(authority, colon + 1, authority.length(), 10);
        var path = base.getRawPath() == null ? "" : base.getRawPath();
        while (path.endsWith("/")) {
            path = path.substring(0, path.length() - 1);
        }
        return new Target(
                provider, new Host(tls, name, port), path, headers(provider, authority), new ConcurrentHashMap<>());
    }

    private static List<HttpHeader> headers(ProviderRule provider, String authority) {
        var headers = new ArrayList<HttpHeader>();
        headers.add(RawHeader.create("Host", authority));
        if (!provider.apiKey().isEmpty()) {
            var key = provider.apiKey().reveal();
            headers.add(
                    switch (provider.authorization()) {
                        case BEARER -> RawHeader.create("Authorization", "Bearer " + key);
                        case X_API_KEY -> RawHeader.create("x-api-key", key);
                        case X_GOOG_API_KEY -> RawHeader.create("x-goog-api-key", key);
                    });
        }
        for (Map.Entry<String, String> header : provider.addHeaders()) {
            headers.add(RawHeader.create(header.getKey(), header.getValue()));
        }
        return List.copyOf(headers);
    }

    /**
     * The request's URI at the provider: the base URL, then the client's path. A base that ends in a version takes the
     * place of the client's {@code /v1}: doubling it is the most common mistake in writing base URLs.
     */
    Uri uri(String path, String query) {
        if (!query.isEmpty()) {
            return uriOf(path, "?" + query);
        }
        var known = uris.get(path);
        if (known == null) {
            known = uriOf(path, "");
            if (uris.size() < MAX_URIS) {
                uris.put(path, known);
            }
        }
        return known;
    }

    private Uri uriOf(String path, String query) {
        var rest = path.startsWith("/v1/") && VERSIONED.matcher(basePath).matches() ? path.substring(3) : path;
        return Uri.create(basePath + rest + query);
    }
}
