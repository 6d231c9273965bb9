package dev.sluice.gate;

import java.util.Set;
import org.apache.pekko.http.javadsl.model.HttpMethod;
import org.apache.pekko.http.javadsl.model.HttpMethods;

/**
 * One method of one path, what it demands, and what it does.
 *
 * @param path   {@code /} and segments; a segment in braces, as in {@code /api/sessions/{id}}, stands for any one; it may
 *               go on with text, {@code {model}:generateContent}, and hold percent-encoded slashes, {@code {+model}}
 * @param refuser renders our refusals for the clients of this path
 */
public record Endpoint(HttpMethod method, String path, Needs needs, Handler handler, Refuser refuser) {
    private static final Set<HttpMethod> SAFE = Set.of(HttpMethods.GET, HttpMethods.HEAD, HttpMethods.OPTIONS);

    public Endpoint {
        if (!path.startsWith("/")) {
            throw new IllegalArgumentException("path: " + path + " (expected: /...)");
        }
    }

    /** Whether it changes something of the control plane: then the audit log has every call of it. */
    boolean isAudited() {
        return (needs == Needs.ADMIN || needs == Needs.ROLE) && !SAFE.contains(method);
    }

    /** An endpoint whose refusals are plain JSON. */
    public Endpoint(HttpMethod method, String path, Needs needs, Handler handler) {
        this(method, path, needs, handler, Refuser.JSON);
    }
}
