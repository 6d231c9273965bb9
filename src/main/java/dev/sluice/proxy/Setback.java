package dev.sluice.proxy;

import dev.sluice.provider.RetryAfter;
import dev.sluice.provider.UpstreamFailure;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.Set;
import org.apache.pekko.http.javadsl.model.HttpHeader;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.jspecify.annotations.Nullable;

/**
 * An attempt that brought no answer, and what that says about the next one.
 *
 * @param mayAskAgain whether the same provider may be asked again: not one that was silent, and not one that says no
 * @param retryAfter  what the provider asks to wait before; null when it does not say
 */
record Setback(boolean mayAskAgain, @Nullable Duration retryAfter) {
    /** Its own trouble or its own limit. Anything else is its answer to this request, and would be the same again. */
    private static final Set<Integer> STATUSES = Set.of(429, 500, 502, 503, 529);

    /** Of an answer's head; empty when it is an answer to pass on. */
    static Optional<Setback> of(HttpResponse answer, Instant now) {
        if (!STATUSES.contains(answer.status().intValue())) {
            return Optional.empty();
        }
        var isFinal = "false".equalsIgnoreCase(header(answer, "x-should-retry"));
        return Optional.of(new Setback(!isFinal, RetryAfter.of(answer, now).orElse(null)));
    }

    /** Of a failure; empty when another attempt would be for nobody. */
    static Optional<Setback> of(UpstreamFailure failure) {
        return switch (failure.kind()) {
            case UNREACHABLE -> Optional.of(new Setback(true, null));
            case TIMEOUT, OVERLOADED -> Optional.of(new Setback(false, null));
            case ABANDONED -> Optional.empty();
        };
    }

    private static @Nullable String header(HttpResponse answer, String name) {
        return answer.getHeader(name).map(HttpHeader::value).orElse(null);
    }
}
