package dev.sluice.gate;

import dev.sluice.access.Role;
import java.util.Set;
import org.apache.pekko.http.javadsl.model.HttpMethod;
import org.apache.pekko.http.javadsl.model.HttpMethods;
import org.jspecify.annotations.Nullable;

/**
 * One method of one path, what it demands, and what it does.
 *
 * @param path   {@code /} and segments; a segment in braces, as in {@code /api/sessions/{id}}, stands for any one; it may
 *               go on with text, {@code {model}:generateContent}, and hold percent-encoded slashes, {@code {+model}}
 * @param refuser renders our refusals for the clients of this path
 * @param doc     for those who read the description of the control plane; null for endpoints that are not in there
 */
public record Endpoint(
        HttpMethod method,
        String path,
        Needs needs,
        Handler handler,
        Refuser refuser,
        @Nullable Doc doc) {
    private static final Set<HttpMethod> SAFE = Set.of(HttpMethods.GET, HttpMethods.HEAD, HttpMethods.OPTIONS);

    public Endpoint {
        if (!path.startsWith("/")) {
            throw new IllegalArgumentException("path: " + path + " (expected: /...)");
        }
    }

    /** The same, described. */
    public Endpoint documented(Doc text) {
        return new Endpoint(method, path, needs, handler, refuser, text);
    }

    /** Whether a caller of this role changes something of the control plane as an administrator: then the audit log has every call of it. */
    boolean isAudited(Role role) {
        return (needs == Needs.ADMIN || (needs == Needs.ROLE && role == Role.ADMIN)) && !SAFE.contains(method);
    }

    /** An endpoint that nobody describes. */
    public Endpoint(HttpMethod method, String path, Needs needs, Handler handler, Refuser refuser) {
        this(method, path, needs, handler, refuser, null);
    }

    /** An endpoint whose refusals are plain JSON. */
    public Endpoint(HttpMethod method, String path, Needs needs, Handler handler) {
        this(method, path, needs, handler, Refuser.JSON);
    }
}
