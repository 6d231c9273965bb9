package dev.sluice.provider;

import java.util.List;
import org.apache.pekko.http.javadsl.model.HttpHeader;
import org.apache.pekko.http.javadsl.model.HttpRequest;
import org.apache.pekko.http.javadsl.model.HttpResponse;

/** Shows a provider that a request may come in: a key, a token, or a signature over the request. */
interface Proof {
    /**
     * Adds its headers.
     *
     * @param headers all others that the request will have
     * @param request the rest of it, but for its address
     * @throws UpstreamFailure when this request cannot be signed
     */
    void addTo(List<HttpHeader> headers, HttpRequest request, Place place) throws UpstreamFailure;

    /** Whether it wants to know what it was answered. */
    default boolean learns() {
        return false;
    }

    /** What a request with this proof was answered. */
    default void answered(HttpResponse answer) {}
}
