package dev.sluice.access;

import dev.sluice.access.Explanation.Addressed;
import dev.sluice.access.Explanation.Part;
import dev.sluice.access.Grant.Given;
import dev.sluice.access.Permit.Bucket;
import dev.sluice.config.BucketName;
import dev.sluice.config.Glob;
import dev.sluice.config.Policy;
import dev.sluice.config.QuotaRule;
import dev.sluice.identity.Caller;
import dev.sluice.identity.Restriction;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What one caller may, worked out once: the role, and the capabilities of every matching grant with their buckets named.
 *
 * <p>We keep this for each caller rather than decisions for each caller and model: what is left to do is to match a few
 * patterns, and no name that a client makes up takes up memory.
 */
record Standing(
        Role role, List<Addressed> grants, List<Held> held, Limits limits, CrossOrigin crossOrigin, Hooking hooking) {

    /** One capability that the caller holds. */
    record Held(Addressed by, Capability capability, List<Bucket> buckets) {
        Part part(@Nullable Glob pattern) {
            return new Part(
                    by, capability.place(), capability.rule(), pattern == null ? null : pattern.toString(), buckets);
        }
    }

    /**
     * What the caller's proof of identity takes away.
     *
     * @param models  empty: all that is granted
     * @param buckets charged with every request
     */
    record Limits(List<Glob> models, List<Bucket> buckets, boolean allowAdmin) {
        static Limits of(Restriction restriction) {
            var quota = restriction.quota();
            return new Limits(
                    restriction.models().stream().map(Glob::of).toList(),
                    quota == null ? List.of() : List.of(new Bucket(quota.name(), quota)),
                    restriction.allowAdmin());
        }

        Role role(Role granted) {
            return granted == Role.ADMIN && !allowAdmin ? Role.USER : granted;
        }

        boolean permit(String name) {
            return models.isEmpty() || models.stream().anyMatch(it -> it.matches(name));
        }
    }

    static Standing of(Caller caller, List<Given> given, Policy policy) {
        var held = given.stream()
                .flatMap(grant -> grant.capabilities().stream()
                        .map(it -> new Held(grant.by(), it, buckets(it, caller, policy.quotas()))))
                .toList();
        var limits = Limits.of(caller.restriction());
        return new Standing(
                limits.role(highestRole(held)),
                given.stream().map(Given::by).toList(),
                held,
                limits,
                CrossOrigin.of(held.stream().map(Held::capability).toList()),
                Hooking.of(policy, given));
    }

    private static Role highestRole(List<Held> held) {
        var highest = Role.NONE;
        for (var it : held) {
            var role = it.capability().role();
            highest = role.compareTo(highest) > 0 ? role : highest;
        }
        return highest;
    }

    private static List<Bucket> buckets(Capability capability, Caller caller, Map<String, QuotaRule> quotas) {
        return capability.rule().buckets().stream()
                .map(it -> bucket(it, caller, quotas))
                .toList();
    }

    /** A broken template keeps its name as written and has no rule, like a quota nobody defined: it refuses. */
    private static Bucket bucket(String written, Caller caller, Map<String, QuotaRule> quotas) {
        return new BucketName(written)
                .expand(caller.login(), caller.node())
                .map(name -> new Bucket(name, quotas.get(written)))
                .orElseGet(() -> new Bucket(written, null));
    }

    List<Part> roleParts() {
        return held.stream()
                .filter(it -> role != Role.NONE && it.capability().role() == role)
                .map(it -> it.part(null))
                .toList();
    }

    /** Of every capability that applies to a model: those that grant it, and those that float. */
    List<Part> parts(String name) {
        var parts = new ArrayList<Part>();
        for (var it : held) {
            var pattern = it.capability().covering(name);
            if (pattern != null || it.capability().floats()) {
                parts.add(it.part(pattern));
            }
        }
        return parts;
    }

    Optional<Permit> permit(Caller caller, String provider, String model) {
        var name = provider + "/" + model;
        if (!limits.permit(name)) {
            return Optional.empty();
        }
        var covered = false;
        var buckets = new LinkedHashMap<String, Bucket>();
        var headers = new ArrayList<Map.Entry<String, String>>();
        for (var it : held) {
            // As parts() has it; this is on the way of every request, and needs no words for it.
            var covers = it.capability().covering(name) != null;
            covered |= covers;
            if (covers || it.capability().floats()) {
                it.buckets().forEach(bucket -> buckets.putIfAbsent(bucket.name(), bucket));
                headers.addAll(it.capability().rule().addHeaders());
            }
        }
        limits.buckets().forEach(bucket -> buckets.putIfAbsent(bucket.name(), bucket));
        return covered
                ? Optional.of(new Permit(
                        caller,
                        provider,
                        model,
                        List.copyOf(buckets.values()),
                        List.copyOf(headers),
                        hooking.of(held, provider, model),
                        hooking.custom()))
                : Optional.empty();
    }

    boolean readsMetrics() {
        return held.stream().anyMatch(it -> it.capability().rule().extras().readMetrics());
    }

    boolean readsPricing() {
        return held.stream().anyMatch(it -> it.capability().rule().extras().readPricing());
    }
}
