package dev.sluice.proxy;

import dev.sluice.access.Permit;
import dev.sluice.routing.Upstream;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;

/**
 * One who may answer a request: an upstream that speaks its format, and the proof that the caller may use it.
 *
 * @param fallback whether it stands in for the model that was asked for
 */
record Candidate(Upstream upstream, Permit permit, boolean fallback) {

    /**
     * All who may answer, best first: those who offer the model, then the policy's fallbacks.
     *
     * @throws Refused when there is none
     */
    static List<Candidate> of(Underway request) {
        var model = request.head().model();
        var found = new LinkedHashMap<String, Candidate>();
        var offered = new LinkedHashSet<String>();
        for (var upstream : request.rules.router().upstreams(model)) {
            add(request, upstream, false, found, offered);
            if (!found.isEmpty() && upstream.name().equals(model)) {
                // Who names a provider means that one.
                break;
            }
        }
        if (found.isEmpty()) {
            throw new Refused(
                    offered.isEmpty()
                            ? new Refusal.NotGranted(
                                    model, request.call().caller().login())
                            : new Refusal.OtherFormat(model, request.format.flag(), List.copyOf(offered)));
        }
        for (var candidate : List.copyOf(found.values())) {
            for (var instead : request.rules.router().fallbacks(candidate.upstream())) {
                add(request, instead, true, found, offered);
            }
        }
        return List.copyOf(found.values());
    }

    private static void add(
            Underway request,
            Upstream upstream,
            boolean fallback,
            LinkedHashMap<String, Candidate> found,
            LinkedHashSet<String> offered) {
        var provider = upstream.provider();
        var permit = request.rules.access().permit(request.call().caller(), provider.id(), upstream.model());
        if (permit.isEmpty()) {
            return;
        }
        if (request.format.isSpokenBy(provider.compatibility())) {
            found.putIfAbsent(upstream.name(), new Candidate(upstream, permit.get(), fallback));
        } else {
            offered.addAll(provider.compatibility());
        }
    }

    /** With the one that a conversation began with in front. */
    static List<Candidate> homeFirst(List<Candidate> candidates, String home) {
        var sorted = new ArrayList<Candidate>(candidates.size());
        for (var candidate : candidates) {
            if (candidate.upstream().name().equals(home)) {
                sorted.addFirst(candidate);
            } else {
                sorted.add(candidate);
            }
        }
        return sorted;
    }
}
