package dev.sluice.admin;

import dev.sluice.audit.Audit;
import dev.sluice.gate.Call;
import dev.sluice.gate.Doc;
import dev.sluice.gate.Endpoint;
import dev.sluice.gate.Needs;
import dev.sluice.wire.BadRequest;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.http.javadsl.model.HttpMethods;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.jspecify.annotations.Nullable;

/** {@code GET /api/audit?limit=&before=}: what administrators did, and what others tried to, the newest first. */
record AuditEndpoints(Audit audit, ActorSystem<?> system) {
    private static final int ACTIONS = 50;
    private static final int MAX_ACTIONS = 500;

    /** {@code nextBefore} is what to ask for as {@code before} to get the next page; null on the last one. */
    private record ActionList(
            List<Action> actions, @Nullable Long nextBefore) {}

    private record Action(
            String id,
            String at,
            String login,
            String node,
            List<String> tags,
            String method,
            String path,
            @Nullable Integer status,
            String outcome,
            Map<String, String> notes) {
        static Action of(Audit.Entry entry) {
            return new Action(
                    entry.id(),
                    entry.at().toString(),
                    entry.login(),
                    entry.node(),
                    entry.tags(),
                    entry.method(),
                    entry.path(),
                    entry.status(),
                    entry.outcome().name().toLowerCase(Locale.ROOT),
                    entry.notes());
        }
    }

    List<Endpoint> endpoints() {
        return List.of(new Endpoint(HttpMethods.GET, "/api/audit", Needs.ADMIN, this::list)
                .documented(Doc.of("What administrators did, and what others tried to, the newest first.")
                        .query("limit", long.class, "1 to " + MAX_ACTIONS + "; " + ACTIONS + " unless told.")
                        .query("before", long.class, "What a page gave as next_before.")
                        .answers(ActionList.class)));
    }

    private CompletionStage<HttpResponse> list(Call call) {
        int limit;
        long before;
        try {
            var query = Query.of(call.request(), Set.of("limit", "before"));
            limit = query.limit(ACTIONS, MAX_ACTIONS);
            before = query.cursor("before", Audit.NEWEST);
        } catch (BadRequest e) {
            return CompletableFuture.completedFuture(Json.badRequest(String.valueOf(e.getMessage())));
        }
        return audit.list(limit, before)
                .thenApplyAsync(
                        page -> Json.ok(new ActionList(
                                page.entries().stream().map(Action::of).toList(), page.nextBefore())),
                        system.executionContext());
    }
}
