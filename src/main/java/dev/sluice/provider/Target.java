package dev.sluice.provider;

import dev.sluice.config.CredentialRule.ServiceAccount;
import dev.sluice.config.ProviderRule;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Pattern;
import org.apache.pekko.http.javadsl.model.HttpHeader;
import org.apache.pekko.http.javadsl.model.Uri;
import org.apache.pekko.http.javadsl.model.headers.RawHeader;

/**
 * Where a provider's requests go, and what they carry there: all that can be worked out before a request comes.
 *
 * @param headers of the provider's own, without its host and its credential
 * @param names   lower-case names of what no request may bring along, because the provider's own takes its place
 */
record Target(
        ProviderRule provider,
        Credential credential,
        Origin origin,
        String basePath,
        List<HttpHeader> headers,
        Set<String> names,
        ConcurrentHashMap<String, Place> places) {
    /** Clients ask for a handful of paths; who makes up others pays for parsing them. */
    private static final int MAX_PLACES = 256;

    private static final Pattern VERSIONED = Pattern.compile(".*/v\\d+(?:beta|alpha)?");

    /** One end of a connection. */
    record Host(boolean tls, String name, int port) {
        @Override
        public String toString() {
            return (tls ? "https://" : "http://") + name + ":" + port;
        }
    }

    static Target of(ProviderRule provider, Credential credential) {
        var origin = Origin.of(provider.baseUrl());
        var path = origin.path();
        while (path.endsWith("/")) {
            path = path.substring(0, path.length() - 1);
        }
        var names = new HashSet<>(credential.names());
        var headers = headers(provider, credential.names());
        headers.forEach(header -> names.add(header.lowercaseName()));
        names.add("host");
        return new Target(provider, credential, origin, path, headers, Set.copyOf(names), new ConcurrentHashMap<>());
    }

    /** A line that names the credential's own header would double it, and is left out. */
    private static List<HttpHeader> headers(ProviderRule provider, Set<String> taken) {
        var headers = new ArrayList<HttpHeader>();
        for (Map.Entry<String, String> header : provider.addHeaders()) {
            if (!taken.contains(header.getKey().toLowerCase(Locale.ROOT))) {
                headers.add(RawHeader.create(header.getKey(), header.getValue()));
            }
        }
        return List.copyOf(headers);
    }

    /** Whether two rules want the same credential, so that what one has learnt and fetched is good for the other. */
    boolean hasCredentialOf(ProviderRule other) {
        return provider.authMode() == other.authMode() && provider.credential().equals(other.credential());
    }

    /**
     * The request's address at the provider: the base URL, then the client's path. A base that ends in a version takes the
     * place of the client's {@code /v1}: doubling it is the most common mistake in writing base URLs.
     */
    Place place(String path, String query) {
        if (!query.isEmpty()) {
            return placeOf(path, "?" + query);
        }
        var known = places.get(path);
        if (known == null) {
            known = placeOf(path, "");
            if (places.size() < MAX_PLACES) {
                places.put(path, known);
            }
        }
        return known;
    }

    private Place placeOf(String asked, String query) {
        var path = provider.credential() instanceof ServiceAccount account ? Vertex.filled(asked, account) : asked;
        var rest = path.startsWith("/v1/") && VERSIONED.matcher(basePath).matches() ? path.substring(3) : path;
        var whole = basePath + rest;
        var where = Vertex.origin(origin, whole);
        return new Place(where.host(), RawHeader.create("Host", where.hostHeader()), Uri.create(whole + query));
    }
}
