package dev.sluice.admin;

import dev.sluice.access.Permit;
import dev.sluice.gate.Call;
import dev.sluice.gate.Doc;
import dev.sluice.gate.Endpoint;
import dev.sluice.gate.Needs;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.http.javadsl.model.HttpMethods;
import org.apache.pekko.http.javadsl.model.HttpResponse;

/** {@code GET /api/whoami}: who the gateway takes the caller for, and what that is worth. */
final class WhoamiEndpoints {

    /**
     * The caller.
     *
     * @param models how many are granted
     * @param buckets all that a request of theirs would be charged to
     */
    private record Whoami(
            String login,
            String displayName,
            String node,
            List<String> tags,
            List<String> groups,
            String role,
            long models,
            List<String> buckets) {}

    List<Endpoint> endpoints() {
        return List.of(new Endpoint(HttpMethods.GET, "/api/whoami", Needs.ROLE, this::show)
                .documented(Doc.of("Who the caller is, and what they may use.").answers(Whoami.class)));
    }

    private CompletionStage<HttpResponse> show(Call call) {
        var caller = call.caller();
        var permits = call.rules().router().all().stream()
                .map(upstream ->
                        call.rules().access().permit(caller, upstream.provider().id(), upstream.model()))
                .flatMap(Optional::stream)
                .toList();
        return CompletableFuture.completedFuture(Json.ok(new Whoami(
                caller.login(),
                caller.displayName(),
                caller.node(),
                caller.tags(),
                caller.groups(),
                call.role().name().toLowerCase(Locale.ROOT),
                permits.stream()
                        .map(permit -> permit.provider() + "/" + permit.model())
                        .distinct()
                        .count(),
                permits.stream()
                        .flatMap(permit -> permit.buckets().stream())
                        .map(Permit.Bucket::name)
                        .distinct()
                        .sorted()
                        .toList())));
    }
}
