package dev.sluice.admin;

import dev.sluice.access.Role;
import dev.sluice.gate.Call;
import dev.sluice.gate.Doc;
import dev.sluice.gate.Endpoint;
import dev.sluice.gate.Needs;
import dev.sluice.usage.Ledger;
import dev.sluice.usage.Ledger.CallerRow;
import dev.sluice.wire.BadRequest;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.http.javadsl.model.HttpMethods;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.jspecify.annotations.Nullable;

/** {@code GET /api/users?limit=&after=}: who used the gateway, and how much, by login; others than administrators see themselves. */
record UserEndpoints(Ledger ledger, ActorSystem<?> system) {
    private static final int USERS = 100;
    private static final int MAX_USERS = 1000;

    /** {@code nextAfter} is what to ask for as {@code after} to get the next page; null on the last one. */
    private record UserList(List<User> users, @Nullable String nextAfter) {}

    private record User(
            String login,
            String first,
            String last,
            long sessions,
            long exchanges,
            long inputTokens,
            long cachedInputTokens,
            long outputTokens,
            String cost,
            long costNanos,
            long unpriced) {
        static User of(CallerRow row) {
            return new User(
                    row.login(),
                    row.first().toString(),
                    row.last().toString(),
                    row.sessions(),
                    row.exchanges(),
                    row.inputTokens(),
                    row.cachedInputTokens(),
                    row.outputTokens(),
                    Dollars.print(row.costNanos()),
                    row.costNanos(),
                    row.unpriced());
        }
    }

    List<Endpoint> endpoints() {
        return List.of(new Endpoint(HttpMethods.GET, "/api/users", Needs.ROLE, this::list)
                .documented(Doc.of("Who used the gateway, and how much; others than administrators see themselves.")
                        .query("limit", long.class, "users at a time")
                        .query("after", String.class, "next_after of the page before")
                        .answers(UserList.class)));
    }

    private CompletionStage<HttpResponse> list(Call call) {
        int limit;
        String after;
        try {
            var query = Query.of(call.request(), Set.of("limit", "after"));
            limit = query.limit(USERS, MAX_USERS);
            after = query.values().get("after");
        } catch (BadRequest e) {
            return CompletableFuture.completedFuture(Json.badRequest(String.valueOf(e.getMessage())));
        }
        var login = call.role() == Role.ADMIN ? null : call.caller().login();
        // One more than the page tells whether there is another.
        return ledger.callers(login, limit + 1, after)
                .thenApplyAsync(rows -> Json.ok(page(rows, limit)), system.executionContext());
    }

    private static UserList page(List<CallerRow> rows, int limit) {
        var page = rows.subList(0, Math.min(limit, rows.size()));
        return new UserList(
                page.stream().map(User::of).toList(),
                rows.size() > limit ? page.getLast().login() : null);
    }
}
