package dev.sluice.provider;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import org.apache.pekko.http.javadsl.model.HttpHeader;
import org.apache.pekko.http.javadsl.model.HttpRequest;

/** What a client itself would show a provider. Kept only with its request, and printed as {@code ***}. */
public final class ClientCredential implements Proof {
    /** Lower-case names of the headers that clients put theirs into. */
    static final Set<String> NAMES = Set.of("authorization", "x-api-key", "x-goog-api-key", "api-key");

    /** What clients are told to send where a key must stand and none is needed; no provider's key looks so. */
    private static final Set<String> PLACEHOLDERS = Set.of("", "-", "not-needed", "not-required", "bearer-managed");

    private final List<HttpHeader> headers;

    private ClientCredential(List<HttpHeader> headers) {
        this.headers = headers;
    }

    /**
     * Finds it among a request's headers.
     *
     * @param identity lower-case names of headers that tell the gateway who calls, and that no provider may see
     */
    public static Optional<ClientCredential> of(Iterable<HttpHeader> headers, Set<String> identity) {
        var found = new ArrayList<HttpHeader>(1);
        for (var header : headers) {
            var name = header.lowercaseName();
            if (NAMES.contains(name) && !identity.contains(name) && !isPlaceholder(header.value())) {
                found.add(header);
            }
        }
        return found.isEmpty() ? Optional.empty() : Optional.of(new ClientCredential(List.copyOf(found)));
    }

    private static boolean isPlaceholder(String value) {
        var bare = value.regionMatches(true, 0, "bearer", 0, 6) && !value.equalsIgnoreCase("bearer-managed")
                ? value.substring(6)
                : value;
        return PLACEHOLDERS.contains(bare.strip().toLowerCase(Locale.ROOT));
    }

    @Override
    public void addTo(List<HttpHeader> all, HttpRequest request, Place place) {
        all.addAll(headers);
    }

    @Override
    public String toString() {
        return "***";
    }
}
