package dev.sluice.identity;

import dev.sluice.key.GatewayKeys;
import java.util.Set;
import org.apache.pekko.http.javadsl.model.HttpRequest;
import org.jspecify.annotations.Nullable;

/** The key of this gateway that a request shows, at any of the places where clients put a key. */
final class PresentedKey {
    private static final Set<String> HEADERS = Set.of("authorization", "x-api-key", "x-goog-api-key", "api-key");
    private static final String SCHEME = "bearer ";

    private @Nullable String text;
    private boolean several;

    static PresentedKey in(HttpRequest request) {
        var presented = new PresentedKey();
        for (var header : request.getHeaders()) {
            if (HEADERS.contains(header.lowercaseName())) {
                presented.add(bare(header.value()));
            }
        }
        for (var value : KeyParameter.values(request.getUri().rawQueryString().orElse(""))) {
            presented.add(value);
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

    private void add(String value) {
        if (GatewayKeys.looksLikeOne(value)) {
            several |= text != null && !text.equals(value);
            text = value;
        }
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
