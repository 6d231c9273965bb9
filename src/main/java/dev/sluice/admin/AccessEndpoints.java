package dev.sluice.admin;

import dev.sluice.access.Explanation;
import dev.sluice.access.Explanation.Addressed;
import dev.sluice.access.Explanation.Decision;
import dev.sluice.access.Explanation.Denial;
import dev.sluice.access.Explanation.State;
import dev.sluice.access.Permit;
import dev.sluice.access.Role;
import dev.sluice.config.GrantRule;
import dev.sluice.gate.Call;
import dev.sluice.gate.Doc;
import dev.sluice.gate.Endpoint;
import dev.sluice.gate.Needs;
import dev.sluice.gate.Refuser;
import dev.sluice.identity.Caller;
import dev.sluice.routing.Router;
import dev.sluice.routing.Upstream;
import dev.sluice.wire.BadRequest;
import dev.sluice.wire.WireError;
import dev.sluice.wire.WireError.Kind;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.http.javadsl.model.HttpMethods;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.jspecify.annotations.Nullable;

/**
 * {@code GET /api/access?model=}: why one may use a model, or may not; without a model, the role and the grants. Administrators ask
 * about anybody, by {@code login=}, {@code tag=} (repeated) or {@code loopback=true}, with {@code group=} (repeated) and {@code node=}.
 */
record AccessEndpoints() {
    private static final String SEE_BROUGHT_ALONG =
            "grants that this caller brings along from the tailnet's policy are not known here and may add to this";

    /** @param note what this answer cannot know; null when it knows all */
    private record Answer(
            Identity caller,
            @Nullable String note,
            String role,
            List<GrantPart> roleGrants,
            List<Grant> grants,
            @Nullable String model,
            @Nullable Boolean allowed,
            @Nullable String reason,
            @Nullable String detail,
            @Nullable List<UpstreamView> upstreams) {}

    private record Identity(
            String login, String node, List<String> tags, List<String> groups, boolean loopback, boolean self) {
        static Identity of(Caller caller, boolean self) {
            return new Identity(caller.login(), caller.node(), caller.tags(), caller.groups(), caller.loopback(), self);
        }
    }

    /** @param source what of its {@code src} matches; null when it came with the caller */
    private record Grant(
            String grant,
            @Nullable Integer line,
            @Nullable String source,
            String state,
            @Nullable String starts,
            @Nullable String expires,
            List<Capability> capabilities) {
        static Grant of(Addressed grant, State state) {
            var capabilities = new ArrayList<Capability>();
            for (int i = 0; i < grant.capabilities().size(); i++) {
                capabilities.add(Capability.of(
                        grant.place().capabilities().get(i).index(),
                        grant.capabilities().get(i)));
            }
            return new Grant(
                    grant.place().path(),
                    knownLine(grant.place().line()),
                    grant.source(),
                    word(state),
                    moment(grant.window().starts()),
                    moment(grant.window().expires()),
                    capabilities);
        }
    }

    private record Capability(
            int capability, @Nullable String role, @Nullable List<String> models, List<String> quotas) {
        static Capability of(int index, GrantRule.Capability rule) {
            return new Capability(index, rule.role(), rule.models(), rule.buckets());
        }
    }

    /** A capability that has a part in a decision, and the pattern by which it takes in the model. */
    private record GrantPart(
            String grant,
            @Nullable Integer line,
            int capability,
            @Nullable Integer capabilityLine,
            @Nullable String source,
            @Nullable String pattern,
            String state,
            @Nullable String starts,
            @Nullable String expires) {
        static GrantPart of(Explanation explanation, Explanation.Part part) {
            var grant = part.grant();
            return new GrantPart(
                    grant.place().path(),
                    knownLine(grant.place().line()),
                    part.place().index(),
                    knownLine(part.place().line()),
                    grant.source(),
                    part.pattern(),
                    word(explanation.state(grant)),
                    moment(grant.window().starts()),
                    moment(grant.window().expires()));
        }
    }

    /**
     * @param defined   whether the policy has this quota; requests are refused while it has not
     * @param broughtBy every capability that names it; it is charged once
     */
    private record Charge(String bucket, boolean defined, List<GrantPart> broughtBy) {}

    /** @param missedBy what would allow it, were it in force */
    private record UpstreamView(
            String provider,
            String model,
            boolean allowed,
            @Nullable String reason,
            @Nullable String detail,
            List<GrantPart> decidedBy,
            List<GrantPart> missedBy,
            List<Charge> buckets) {}

    List<Endpoint> endpoints() {
        return List.of(new Endpoint(HttpMethods.GET, "/api/access", Needs.ROLE, this::explain)
                .documented(Doc.of("Why one has a role and may use a model, or not; administrators ask about anybody.")
                        .query("model", String.class, "as clients write it; left out: the role alone")
                        .query("login", String.class, "a person; left out with all below: who asks")
                        .query("tag", String.class, "a machine's; may come more than once")
                        .query("group", String.class, "group:x; may come more than once")
                        .query("node", String.class, "the machine's stable id")
                        .query("loopback", String.class, "true: a caller on the gateway's own machine")
                        .answers(Answer.class)));
    }

    private CompletionStage<HttpResponse> explain(Call call) {
        return CompletableFuture.completedFuture(answer(call));
    }

    private static HttpResponse answer(Call call) {
        try {
            var query = Query.of(call.request(), Set.of("login", "node", "loopback", "model"), Set.of("tag", "group"));
            var caller = AskedCaller.of(query, call.caller());
            if (call.role() != Role.ADMIN && !caller.equals(call.caller())) {
                return Refuser.JSON.refuse(new WireError(
                        Kind.NO_ROLE, 403, "access denied: only administrators may ask about somebody else"));
            }
            return Json.ok(answer(call, caller, query.values().get("model")));
        } catch (BadRequest e) {
            return Json.badRequest(String.valueOf(e.getMessage()));
        }
    }

    private static Answer answer(Call call, Caller caller, @Nullable String model) {
        var explanation = call.rules().access().explain(caller);
        var self = caller.equals(call.caller());
        var upstreams = model == null ? null : upstreams(call, explanation, model);
        var allowed = upstreams == null ? null : upstreams.stream().anyMatch(UpstreamView::allowed);
        var refused = upstreams == null || Boolean.TRUE.equals(allowed) ? null : refused(call, upstreams);
        return new Answer(
                Identity.of(caller, self),
                self ? null : SEE_BROUGHT_ALONG,
                explanation.role().name().toLowerCase(Locale.ROOT),
                parts(explanation, explanation.roleParts()),
                explanation.grants().stream()
                        .map(it -> Grant.of(it, explanation.state(it)))
                        .toList(),
                model,
                allowed,
                refused == null ? null : refused.reason(),
                refused == null ? null : refused.detail(),
                upstreams);
    }

    /** Why there is nothing for the caller. */
    private record Refused(String reason, String detail) {
        static Refused of(Denial denial) {
            return switch (denial) {
                case NOT_ADDRESSED -> new Refused("no_grant", "no grant's src matches this caller");
                case NO_ROLE -> new Refused("no_role", "grants match this caller, but none assigns a role");
                case NO_PATTERN ->
                    new Refused("no_pattern", "grants match this caller, but no models pattern of theirs takes it in");
                case NOT_IN_FORCE ->
                    new Refused("not_in_force", "a grant that would allow it has not begun, or has expired");
            };
        }
    }

    /** Whoever is no administrator is not told which models there are that they may not use. */
    private static Refused refused(Call call, List<UpstreamView> upstreams) {
        if (call.role() != Role.ADMIN) {
            return new Refused("not_granted", "no model of that name that this caller may use");
        }
        var first = upstreams.isEmpty() ? null : upstreams.getFirst();
        return first == null || first.reason() == null || first.detail() == null
                ? new Refused("no_such_model", "no provider offers a model of that name")
                : new Refused(first.reason(), first.detail());
    }

    /** Best first, as requests are sent; those of disabled providers last. */
    private static List<UpstreamView> upstreams(Call call, Explanation explanation, String model) {
        var views = new ArrayList<UpstreamView>();
        for (var upstream : call.rules().router().upstreams(model)) {
            var view = view(explanation, upstream);
            if (call.role() == Role.ADMIN || view.allowed()) {
                views.add(view);
            }
        }
        if (call.role() == Role.ADMIN) {
            Router.ofDisabled(call.rules().policy()).upstreams(model).forEach(it -> views.add(disabled(it)));
        }
        return views;
    }

    private static UpstreamView view(Explanation explanation, Upstream upstream) {
        var decision = explanation.about(upstream.provider().id(), upstream.model());
        var denial = decision.denial();
        var refused = denial == null ? null : Refused.of(denial);
        var granting =
                decision.parts().stream().filter(it -> it.pattern() != null).toList();
        return new UpstreamView(
                upstream.provider().id(),
                upstream.model(),
                decision.allows(),
                refused == null ? null : refused.reason(),
                refused == null ? null : refused.detail(),
                parts(explanation, granting),
                parts(explanation, decision.missed()),
                charges(explanation, decision));
    }

    private static UpstreamView disabled(Upstream upstream) {
        return new UpstreamView(
                upstream.provider().id(),
                upstream.model(),
                false,
                "provider_disabled",
                "the provider is disabled in the policy",
                List.of(),
                List.of(),
                List.of());
    }

    /** What a request would be charged to: the permit's buckets, each with all that names it. */
    private static List<Charge> charges(Explanation explanation, Decision decision) {
        return decision.permit().map(Permit::buckets).orElse(List.of()).stream()
                .map(bucket -> new Charge(
                        bucket.name(),
                        bucket.rule() != null,
                        parts(
                                explanation,
                                decision.parts().stream()
                                        .filter(part -> part.buckets().stream()
                                                .anyMatch(it -> it.name().equals(bucket.name())))
                                        .toList())))
                .toList();
    }

    private static List<GrantPart> parts(Explanation explanation, List<Explanation.Part> parts) {
        return parts.stream().map(it -> GrantPart.of(explanation, it)).toList();
    }

    private static String word(State state) {
        return switch (state) {
            case HOLDS -> "in_force";
            case NOT_YET -> "not_yet";
            case EXPIRED -> "expired";
        };
    }

    private static @Nullable String moment(Instant instant) {
        return instant.equals(Instant.MIN) || instant.equals(Instant.MAX) ? null : instant.toString();
    }

    private static @Nullable Integer knownLine(int line) {
        return line == 0 ? null : line;
    }
}
