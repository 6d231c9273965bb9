package dev.sluice.identity;

import dev.sluice.key.GatewayKeys;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.pekko.http.javadsl.model.HttpRequest;
import org.jspecify.annotations.Nullable;

/** The key of this gateway that a request shows, at any of the places where clients put a key. */
final class PresentedKey {
    private static final Set<String> HEADERS = Set.of("authorization", "x-api-key", "x-goog-api-key", "api-key");
    private static final String SCHEME = "bearer ";

    private @Nullable String text;
    private boolean several;
    private Set<String> headers = Set.of();
    private Set<String> parameters = Set.of();

    static PresentedKey in(HttpRequest request) {
        var presented = new PresentedKey();
        for (var header : request.getHeaders()) {
            var name = header.lowercaseName();
            if (HEADERS.contains(name) && presented.add(bare(header.value()))) {
                presented.headers = with(presented.headers, name);
            }
        }
        for (var value : KeyParameter.values(request.getUri().rawQueryString().orElse(""))) {
            if (presented.add(value)) {
                presented.parameters = KeyParameter.NAMES;
            }
        }
        return presented;
    }

    /** Some clients leave the scheme out where it belongs, some put it where it does not. */
    private static String bare(String value) {
        var stripped = value.strip();
        return stripped.regionMatches(true, 0, SCHEME, 0, SCHEME.length())
                ? stripped.substring(SCHEME.length()).strip()
                : stripped;
    }

    private static Set<String> with(Set<String> names, String name) {
        return names.isEmpty()
                ? Set.of(name)
                : Stream.concat(names.stream(), Stream.of(name)).collect(Collectors.toUnmodifiableSet());
    }

    /** Whether it is one. */
    private boolean add(String value) {
        if (!GatewayKeys.looksLikeOne(value)) {
            return false;
        }
        several |= text != null && !text.equals(value);
        text = value;
        return true;
    }

    /** Who it is, and where it was shown. */
    Identified proofOf(Caller caller) {
        return new Identified(caller, headers, parameters);
    }

    /** Whether it was shown at these places. */
    boolean isAt(Identified known) {
        return known.headers().equals(headers) && known.parameters().equals(parameters);
    }

    /** Null when there is none; one of {@link #several}. */
    @Nullable
    String text() {
        return text;
    }

    /** Whether there are different ones, so that nobody can say whose request it is. */
    boolean several() {
        return several;
    }

    @Override
    public String toString() {
        return "***";
    }
}
