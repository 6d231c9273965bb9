package dev.sluice.proxy;

import dev.sluice.provider.UpstreamFailure;
import dev.sluice.wire.WireError;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Our own no, before anything of an answer went out. */
sealed interface Refusal {
    record BadBody(String message) implements Refusal {}

    record TooLarge(long limit) implements Refusal {}

    /** No such model, or none that this caller may use: the two look alike on purpose. */
    record NotGranted(String model, String login) implements Refusal {}

    /** Nobody made such a response, or not this caller, or they may not use its model any more: all look alike on purpose. */
    record NoSuchResponse(String id) implements Refusal {}

    /** The caller may use the model, but its providers speak other formats. */
    record OtherFormat(String model, String wanted, List<String> offered) implements Refusal {}

    record QuotaExhausted(String message, Duration retryAfter) implements Refusal {}

    /** A grant names a quota that is undefined or broken: nobody knows what is left, so nothing is. */
    record QuotaBroken(String bucket) implements Refusal {}

    /** The books cannot be kept now. */
    record QuotaUnavailable(String why, Duration retryAfter) implements Refusal {}

    record Overloaded(String why) implements Refusal {}

    record ProviderUnreachable(String provider, String why) implements Refusal {}

    record ProviderTimeout(String provider, String why) implements Refusal {}

    /** A guardrail's no, in its own words. */
    record GuardrailBlocked(String hook, int status, String message) implements Refusal {}

    /** One that may not be done without gave no answer. */
    record GuardrailUnavailable(String hook, String why) implements Refusal {}

    /** Guardrails made a request of it that cannot be sent. */
    record GuardrailMisused(String why) implements Refusal {}

    record Abandoned() implements Refusal {}

    record Bug(String requestId) implements Refusal {}

    /** Why a provider gave no answer. */
    static Refusal of(UpstreamFailure failure, String provider) {
        return switch (failure.kind()) {
            case UNREACHABLE -> new ProviderUnreachable(provider, String.valueOf(failure.getMessage()));
            case TIMEOUT -> new ProviderTimeout(provider, String.valueOf(failure.getMessage()));
            case OVERLOADED -> new Overloaded(String.valueOf(failure.getMessage()));
            case ABANDONED -> new Abandoned();
        };
    }

    /** The refusal's name in records and logs. */
    default String kind() {
        return getClass().getSimpleName();
    }

    default WireError error() {
        return switch (this) {
            case BadBody(var message) -> new WireError(WireError.Kind.BAD_REQUEST, 400, message);
            case TooLarge(var limit) ->
                new WireError(
                        WireError.Kind.TOO_LARGE,
                        413,
                        "request body is larger than the limit of %d bytes (%d MiB)".formatted(limit, limit >> 20));
            case NotGranted(var model, var login) ->
                new WireError(
                        WireError.Kind.NOT_FOUND,
                        404,
                        "no route found for model \"%s\" for user \"%s\"".formatted(model, login));
            case NoSuchResponse(var id) ->
                new WireError(WireError.Kind.NOT_FOUND, 404, "Response with id '%s' not found.".formatted(id));
            case OtherFormat(var model, var wanted, var offered) ->
                new WireError(
                        WireError.Kind.NOT_FOUND,
                        404,
                        "model \"%s\" is available through `%s`, not `%s`"
                                .formatted(model, String.join("`, `", offered), wanted));
            case QuotaExhausted(var message, var retryAfter) ->
                new WireError(WireError.Kind.QUOTA_EXHAUSTED, 429, message);
            case QuotaBroken(var bucket) ->
                new WireError(
                        WireError.Kind.QUOTA_EXHAUSTED,
                        429,
                        "quota \"%s\" is not defined in the policy; requests that it applies to are refused"
                                .formatted(bucket));
            case QuotaUnavailable(var why, var retryAfter) ->
                new WireError(WireError.Kind.OVERLOADED, 503, "budgets cannot be checked now: " + why);
            case Overloaded(var why) -> new WireError(WireError.Kind.OVERLOADED, 503, why);
            case ProviderUnreachable(var provider, var why) ->
                new WireError(WireError.Kind.UPSTREAM_UNREACHABLE, 502, "provider \"%s\": %s".formatted(provider, why));
            case ProviderTimeout(var provider, var why) ->
                new WireError(WireError.Kind.UPSTREAM_TIMEOUT, 504, "provider \"%s\": %s".formatted(provider, why));
            case GuardrailBlocked(var hook, var status, var message) ->
                new WireError(WireError.Kind.GUARDRAIL_BLOCKED, status, message);
            case GuardrailUnavailable(var hook, var why) ->
                new WireError(WireError.Kind.OVERLOADED, 503, "guardrail \"%s\": %s".formatted(hook, why));
            case GuardrailMisused(var why) ->
                new WireError(
                        WireError.Kind.UPSTREAM_UNREACHABLE,
                        502,
                        "guardrails made a request of this one that cannot be sent: " + why);
            case Abandoned() -> new WireError(WireError.Kind.INTERNAL, 499, "the client went away");
            case Bug(var requestId) ->
                new WireError(WireError.Kind.INTERNAL, 500, "internal error; the log knows it as request " + requestId);
        };
    }

    /** For {@code Retry-After}, null when waiting would not help or nobody knows how long. */
    default @Nullable Duration retryAfter() {
        return switch (this) {
            case QuotaExhausted(var message, var retryAfter) -> retryAfter;
            case Overloaded overloaded -> Duration.ofSeconds(1);
            case QuotaUnavailable(var why, var retryAfter) -> retryAfter;
            default -> null;
        };
    }
}
