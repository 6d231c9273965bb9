package dev.sluice.admin;

import static java.util.stream.Collectors.toMap;

import dev.sluice.access.Permit;
import dev.sluice.access.Role;
import dev.sluice.config.QuotaRule;
import dev.sluice.gate.Call;
import dev.sluice.gate.Doc;
import dev.sluice.gate.Endpoint;
import dev.sluice.gate.Needs;
import dev.sluice.gate.Refuser;
import dev.sluice.identity.Caller;
import dev.sluice.policy.InForce;
import dev.sluice.quota.Quota;
import dev.sluice.quota.Quota.Status;
import dev.sluice.wire.BadRequest;
import dev.sluice.wire.WireError;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.http.javadsl.model.HttpMethods;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** {@code GET /api/quotas}: what is left in the buckets; {@code POST /api/quotas/refill}: money added to one. */
record QuotaEndpoints(Quota quota, InstantSource clock, ActorSystem<?> system) {
    private static final Logger log = LoggerFactory.getLogger(QuotaEndpoints.class);

    /** As it is read; the amount in dollars, for example {@code $5.00}. */
    private record Refill(String bucket, String amount) {}

    private record Buckets(List<Bucket> buckets, List<Away> away) {}

    /** One that this node could not ask, or that has not booked yet what was let in meanwhile. */
    private record Away(String bucket, long seconds, String unbooked, long unbookedNanos, int unbookedRequests) {
        static Away of(Quota.Away away) {
            return new Away(
                    away.bucket(),
                    away.lasting().toSeconds(),
                    Dollars.print(away.unbookedNanos()),
                    away.unbookedNanos(),
                    away.unbookedRequests());
        }
    }

    private record Bucket(
            String bucket,
            String balance,
            long balanceNanos,
            long reservedNanos,
            long availableNanos,
            String capacity,
            long capacityNanos,
            String spent,
            long spentNanos,
            String rate,
            String updatedAt) {
        static Bucket of(Status status) {
            return new Bucket(
                    status.bucket(),
                    Dollars.print(status.balanceNanos()),
                    status.balanceNanos(),
                    status.reservedNanos(),
                    status.availableNanos(),
                    Dollars.print(status.capacityNanos()),
                    status.capacityNanos(),
                    Dollars.print(status.spentNanos()),
                    status.spentNanos(),
                    status.rate(),
                    status.at().toString());
        }
    }

    List<Endpoint> endpoints() {
        return List.of(
                new Endpoint(HttpMethods.GET, "/api/quotas", Needs.ROLE, this::list)
                        .documented(Doc.of(
                                        "What is left in the buckets that the caller is charged to, and which do not answer; administrators: of all.")
                                .answers(Buckets.class)),
                new Endpoint(HttpMethods.POST, "/api/quotas/refill", Needs.ADMIN, this::refill)
                        .documented(Doc.of("Adds money to a bucket, up to its capacity.")
                                .takes(Refill.class)
                                .answers(Bucket.class)));
    }

    private CompletionStage<HttpResponse> list(Call call) {
        return quota.list()
                .handleAsync(
                        (known, failure) -> failure == null ? Json.ok(visible(call, known)) : unanswered(failure),
                        system.executionContext());
    }

    /** A storage that is known to be away is no mistake of ours. */
    private HttpResponse unanswered(Throwable failure) {
        var outage = quota.outage();
        if (outage.bucketsAway() == 0) {
            throw new CompletionException(failure);
        }
        var message =
                "%d quota buckets do not answer, or their storage does not; %d requests that this node let in without them are not booked yet (%s)"
                        .formatted(
                                outage.bucketsAway(), outage.unbookedRequests(), Dollars.print(outage.unbookedNanos()));
        return Refuser.JSON.refuse(new WireError(WireError.Kind.OVERLOADED, 503, message));
    }

    /** Buckets that exist, and the caller's own that nothing was charged to yet: those are full. */
    private Buckets visible(Call call, List<Status> known) {
        var own = charged(call.caller(), call.rules());
        var rows = new TreeMap<String, Status>();
        own.forEach((name, rule) -> rows.put(name, full(name, rule)));
        known.stream()
                .filter(status -> call.role() == Role.ADMIN || own.containsKey(status.bucket()))
                .forEach(status -> rows.put(status.bucket(), status));
        var away = quota.outage().buckets().stream()
                .filter(bucket -> call.role() == Role.ADMIN || own.containsKey(bucket.bucket()))
                .map(Away::of)
                .toList();
        return new Buckets(rows.values().stream().map(Bucket::of).toList(), away);
    }

    /** Every bucket that some request of this caller would be charged to. */
    private Map<String, QuotaRule> charged(Caller caller, InForce rules) {
        return rules.router().all().stream()
                .map(upstream ->
                        rules.access().permit(caller, upstream.provider().id(), upstream.model()))
                .flatMap(Optional::stream)
                .flatMap(permit -> permit.buckets().stream())
                .filter(bucket -> bucket.rule() != null)
                .collect(toMap(Permit.Bucket::name, Permit.Bucket::rule, (first, same) -> first));
    }

    private Status full(String name, QuotaRule rule) {
        var capacity = rule.capacityNanos();
        return new Status(name, capacity, 0, capacity, capacity, 0, rule.rate(), clock.instant());
    }

    private CompletionStage<HttpResponse> refill(Call call) {
        return Body.read(call.request(), system, body -> refill(call, body));
    }

    private CompletionStage<HttpResponse> refill(Call call, byte[] body) {
        String bucket;
        long nanos;
        try {
            var asked = Json.readTexts(body, "bucket", "amount");
            bucket = asked.get("bucket").textValue();
            nanos = Dollars.parsePositive("amount", asked.get("amount").textValue());
        } catch (BadRequest e) {
            return CompletableFuture.completedFuture(Json.badRequest(String.valueOf(e.getMessage())));
        }
        call.note("bucket", bucket);
        call.note("amount", Dollars.print(nanos));
        return quota.refill(bucket, nanos)
                .handleAsync(
                        (status, failure) ->
                                failure == null ? refilled(call.caller(), bucket, nanos, status) : unanswered(failure),
                        system.executionContext());
    }

    private HttpResponse refilled(Caller caller, String bucket, long nanos, Optional<Status> status) {
        if (status.isEmpty()) {
            return Json.notFound("no bucket " + Json.quote(bucket));
        }
        log.atInfo()
                .addKeyValue("caller", caller.login())
                .addKeyValue("bucket", bucket)
                .addKeyValue("amount", Dollars.print(nanos))
                .addKeyValue("balance", Dollars.print(status.get().balanceNanos()))
                .log("a quota bucket was refilled");
        return Json.ok(Bucket.of(status.get()));
    }
}
