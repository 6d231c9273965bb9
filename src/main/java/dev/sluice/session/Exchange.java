package dev.sluice.session;

import dev.sluice.wire.Usage;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One request and its answer, as remembered. Bodies are kept apart from it.
 *
 * @param session       printed id, for example {@code anme_0123456789abcdef}
 * @param format        the wire format's flag, for example {@code anthropic_messages}
 * @param model         as asked for, without a provider prefix
 * @param answeredModel as the answer names it
 * @param status        of the answer the client got
 * @param firstByteMillis from request to first byte of the answer; -1 when there was none
 * @param usage         null when the answer carried none and none was estimated
 * @param costNanos     null when the price is unknown, or nothing was charged because nothing ran
 * @param priceBasis    cost basis and price key; null when unpriced
 * @param outcome       how it ended
 * @param refusal       which refusal, for {@link Outcome#REFUSED}
 * @param estimated     true when usage was counted by the gateway, not told by the provider
 * @param buckets       charged
 * @param attempts      every attempt at a provider, the last one included; null when the first was the only one
 */
public record Exchange(
        String requestId,
        String session,
        String login,
        String node,
        List<String> tags,
        String provider,
        String model,
        @Nullable String answeredModel,
        String format,
        String path,
        String method,
        int status,
        String userAgent,
        boolean stream,
        Instant started,
        long firstByteMillis,
        long durationMillis,
        @Nullable Usage usage,
        @Nullable Long costNanos,
        @Nullable String priceBasis,
        List<Tool> tools,
        @Nullable String finishReason,
        Outcome outcome,
        @Nullable String refusal,
        boolean estimated,
        long bytesIn,
        long bytesOut,
        List<String> buckets,
        @Nullable String responseId,
        @Nullable List<Attempt> attempts) {

    /** The same exchange, told of another session. */
    Exchange in(String other) {
        return new Exchange(
                requestId,
                other,
                login,
                node,
                tags,
                provider,
                model,
                answeredModel,
                format,
                path,
                method,
                status,
                userAgent,
                stream,
                started,
                firstByteMillis,
                durationMillis,
                usage,
                costNanos,
                priceBasis,
                tools,
                finishReason,
                outcome,
                refusal,
                estimated,
                bytesIn,
                bytesOut,
                buckets,
                responseId,
                attempts);
    }

    /** A tool call's name and id; its arguments are part of the capture. */
    public record Tool(String name, @Nullable String id) {}

    /**
     * One attempt to get an answer.
     *
     * @param status  of the provider's answer; 0 when none came
     * @param failure why none came, for example {@code UNREACHABLE}; null when one did
     */
    public record Attempt(
            String provider,
            String model,
            int status,
            @Nullable String failure,
            long durationMillis) {}

    /** The model that the client asked for, which a fallback may have answered. */
    public String askedModel() {
        return attempts == null ? model : attempts.getFirst().model();
    }

    public enum Outcome {
        COMPLETED,
        CLIENT_CANCELLED,
        UPSTREAM_TRUNCATED,
        UPSTREAM_ERROR,
        REFUSED,
        /** The gateway died while it was under way; charged at its estimate. */
        LOST
    }
}
