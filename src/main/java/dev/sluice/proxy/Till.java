package dev.sluice.proxy;

import dev.sluice.access.Permit;
import dev.sluice.config.Settings;
import dev.sluice.net.Loop;
import dev.sluice.pricing.PriceBook.Cost;
import dev.sluice.quota.Quota;
import dev.sluice.quota.Quota.Admitted;
import dev.sluice.quota.Quota.Exhausted;
import dev.sluice.quota.Quota.Reservation;
import dev.sluice.quota.Quota.Unavailable;
import dev.sluice.quota.Quota.Verdict;
import dev.sluice.wire.Operation;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;

/** Sets money aside for requests: the worst case that they can cost, in every bucket of their permit. */
record Till(Quota quota, Settings.Estimates estimates) {
    /** No model writes more; keeps a client's number from overflowing ours. */
    private static final long MAX_OUTPUT_TOKENS = 10_000_000;

    /** What is held for a request. */
    record Held(Reservation reservation, List<String> buckets, long estimateNanos) {
        /** Whether it will do for another upstream, too. */
        boolean covers(Permit permit, long estimate) {
            return estimate <= estimateNanos && names(permit).equals(buckets);
        }
    }

    /** Fails with a {@link Refused} when there is not enough. */
    CompletableFuture<Held> reserve(Underway request, Permit permit) {
        var buckets = new ArrayList<Quota.Bucket>();
        var estimate = worstCase(request);
        // What is judged for nothing is judged even when nothing is left.
        var isFree = request.operation.purpose() == Operation.Purpose.JUDGE && estimate == 0;
        if (!request.countsTokens() && !isFree) {
            for (var bucket : permit.buckets()) {
                if (bucket.rule() == null) {
                    throw new Refused(new Refusal.QuotaBroken(bucket.name()));
                }
                buckets.add(new Quota.Bucket(bucket.name(), bucket.rule()));
            }
        }
        return Loop.returning(
                        quota.reserve(new Quota.Request(request.requestId(), buckets, estimate, request.memo(buckets))))
                .thenApply(verdict -> new Held(admitted(verdict), names(permit), estimate));
    }

    /** In nanodollars; 0 for an unknown price, which then costs nothing, and shows as unknown. */
    long worstCase(Underway request) {
        var head = request.head();
        var prices = request.rules.prices();
        var terms = request.termsAsked();
        var limit = head.maxOutputTokens()
                .orElseGet(() -> prices.rates(terms.provider(), terms.model(), terms.date())
                        .map(rates -> rates.maxOutputTokens().orElse(estimates.outputTokens()))
                        .orElse(estimates.outputTokens()));
        var output = Math.min(limit, MAX_OUTPUT_TOKENS) * head.choices();
        var cost = prices.worstCase(terms, head.promptTokens(), output);
        request.worstCase(output, cost);
        return cost.map(Cost::nanos).orElse(0L);
    }

    private static List<String> names(Permit permit) {
        return permit.buckets().stream().map(Permit.Bucket::name).toList();
    }

    private static Reservation admitted(Verdict verdict) {
        return switch (verdict) {
            case Admitted(var held) -> held;
            case Exhausted exhausted -> throw new Refused(refusal(exhausted));
            case Unavailable(var why, var retryAfter) ->
                throw new Refused(new Refusal.QuotaUnavailable(why, retryAfter));
        };
    }

    private static Refusal refusal(Exhausted exhausted) {
        var message = exhausted.buckets().stream()
                .map(empty -> "quota \"%s\" is exhausted (capacity $%s, %s)"
                        .formatted(empty.bucket(), dollars(empty.capacityNanos()), again(empty.positiveAt())))
                .collect(Collectors.joining("; "));
        return new Refusal.QuotaExhausted(message, exhausted.retryAfter());
    }

    private static String again(Instant positiveAt) {
        return positiveAt.equals(Instant.MAX)
                ? "it does not refill"
                : "positive again at "
                        + positiveAt.truncatedTo(ChronoUnit.SECONDS).plusSeconds(1);
    }

    private static String dollars(long nanos) {
        return BigDecimal.valueOf(nanos, 9).setScale(2, RoundingMode.HALF_UP).toPlainString();
    }
}
