package dev.sluice.admin;

import com.fasterxml.jackson.annotation.JsonProperty;
import dev.sluice.access.Role;
import dev.sluice.capture.Capture;
import dev.sluice.capture.Capture.Form;
import dev.sluice.capture.Captures;
import dev.sluice.capture.Captures.Kept;
import dev.sluice.gate.Call;
import dev.sluice.gate.Doc;
import dev.sluice.gate.Endpoint;
import dev.sluice.gate.Needs;
import dev.sluice.session.Exchange;
import dev.sluice.usage.Ledger;
import dev.sluice.usage.Ledger.SessionRow;
import dev.sluice.usage.Ledger.SessionView;
import dev.sluice.wire.BadRequest;
import dev.sluice.wire.Usage;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.stream.Collectors;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.http.javadsl.model.HttpMethods;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.jspecify.annotations.Nullable;

/**
 * {@code GET /api/sessions?limit=&before=}: one's own sessions, the last used first (administrators: everybody's);
 * {@code GET /api/sessions/{id}?limit=}: one of them with its latest exchanges, oldest first, and the conversation.
 */
record SessionEndpoints(Ledger ledger, Captures captures, ActorSystem<?> system) {
    private static final int SESSIONS = 50;
    private static final int MAX_SESSIONS = 500;
    private static final int EXCHANGES = 200;
    private static final int MAX_EXCHANGES = 1000;
    /** Among so many captures the conversation is looked for. */
    private static final int LATEST = 10;

    /** {@code nextBefore} is what to ask for as {@code before} to get the next page; null on the last one. */
    private record SessionList(
            List<Session> sessions, @Nullable String nextBefore) {}

    /**
     * {@code captured} are the ids of those exchanges of which there is what was said.
     *
     * @param conversation null when nothing was kept
     */
    private record SessionDetail(
            Session session,
            List<ExchangeView> exchanges,
            List<String> captured,
            @Nullable Conversation conversation) {}

    /** Clients send the whole conversation with every turn: this request and its answer are all of it. */
    private record Conversation(
            String requestId,
            @Nullable Object request,
            @Nullable Object response) {}

    private record Session(
            String session,
            String login,
            String format,
            String first,
            String last,
            long exchanges,
            long inputTokens,
            long cachedInputTokens,
            long outputTokens,
            String cost,
            long costNanos,
            long unpriced) {
        static Session of(SessionRow row) {
            return new Session(
                    row.session(),
                    row.login(),
                    row.format(),
                    row.first().toString(),
                    row.last().toString(),
                    row.exchanges(),
                    row.inputTokens(),
                    row.cachedInputTokens(),
                    row.outputTokens(),
                    Dollars.print(row.costNanos()),
                    row.costNanos(),
                    row.unpriced());
        }
    }

    record ExchangeView(
            String requestId,
            String started,
            String login,
            String node,
            List<String> tags,
            String provider,
            String model,
            @Nullable String answeredModel,
            String format,
            String method,
            String path,
            int status,
            String userAgent,
            boolean stream,
            @Nullable Long firstByteMillis,
            long durationMillis,
            @Nullable Tokens usage,
            boolean estimated,
            @Nullable String cost,
            @Nullable Long costNanos,
            @Nullable String priceBasis,
            List<Tool> tools,
            @Nullable String finishReason,
            String outcome,
            @Nullable String refusal,
            long bytesIn,
            long bytesOut,
            List<String> buckets,
            @Nullable String responseId,
            @Nullable List<Attempt> attempts) {
        private record Attempt(
                String provider,
                String model,
                int status,
                @Nullable String failure,
                long durationMillis) {
            static Attempt of(Exchange.Attempt a) {
                return new Attempt(
                        a.provider(),
                        a.model(),
                        a.status(),
                        a.failure() == null ? null : a.failure().toLowerCase(Locale.ROOT),
                        a.durationMillis());
            }
        }

        private record Tool(String name, @Nullable String id) {}

        static ExchangeView of(Exchange e) {
            return new ExchangeView(
                    e.requestId(),
                    e.started().toString(),
                    e.login(),
                    e.node(),
                    e.tags(),
                    e.provider(),
                    e.model(),
                    e.answeredModel(),
                    e.format(),
                    e.method(),
                    e.path(),
                    e.status(),
                    e.userAgent(),
                    e.stream(),
                    e.firstByteMillis() < 0 ? null : e.firstByteMillis(),
                    e.durationMillis(),
                    Tokens.of(e.usage()),
                    e.estimated(),
                    Dollars.printKnown(e.costNanos()),
                    e.costNanos(),
                    e.priceBasis(),
                    e.tools().stream()
                            .map(tool -> new Tool(tool.name(), tool.id()))
                            .toList(),
                    e.finishReason(),
                    e.outcome().name().toLowerCase(Locale.ROOT),
                    e.refusal(),
                    e.bytesIn(),
                    e.bytesOut(),
                    e.buckets(),
                    e.responseId(),
                    e.attempts() == null
                            ? null
                            : e.attempts().stream().map(Attempt::of).toList());
        }
    }

    /** Keys are spelled out where a digit would break the words. */
    private record Tokens(
            long inputTokens,
            long cachedInputTokens,
            @JsonProperty("cache_write_5m_tokens") long cacheWrite5mTokens,
            @JsonProperty("cache_write_1h_tokens") long cacheWrite1hTokens,
            long outputTokens,
            long reasoningTokens,
            long webSearches) {
        static @Nullable Tokens of(@Nullable Usage usage) {
            return usage == null
                    ? null
                    : new Tokens(
                            usage.inputTokens(),
                            usage.cachedInputTokens(),
                            usage.cacheWrite5mTokens(),
                            usage.cacheWrite1hTokens(),
                            usage.outputTokens(),
                            usage.reasoningTokens(),
                            usage.webSearches());
        }
    }

    List<Endpoint> endpoints() {
        return List.of(
                new Endpoint(HttpMethods.GET, "/api/sessions", Needs.ROLE, this::list)
                        .documented(Doc.of("The caller's sessions, the last used first; administrators: everybody's.")
                                .query("limit", long.class, "1 to " + MAX_SESSIONS + "; " + SESSIONS + " unless told.")
                                .query("before", String.class, "What a page gave as next_before.")
                                .answers(SessionList.class)),
                new Endpoint(HttpMethods.GET, "/api/sessions/{id}", Needs.ROLE, this::detail)
                        .documented(Doc.of(
                                        "A session with its latest exchanges, the oldest first, and what was said in it.")
                                .query(
                                        "limit",
                                        long.class,
                                        "1 to " + MAX_EXCHANGES + "; " + EXCHANGES + " unless told.")
                                .answers(SessionDetail.class)));
    }

    private CompletionStage<HttpResponse> list(Call call) {
        int limit;
        Instant before;
        try {
            var query = Query.of(call.request(), Set.of("limit", "before"));
            limit = query.limit(SESSIONS, MAX_SESSIONS);
            before = query.instant("before");
        } catch (BadRequest e) {
            return CompletableFuture.completedFuture(Json.badRequest(String.valueOf(e.getMessage())));
        }
        var login = call.role() == Role.ADMIN ? null : call.caller().login();
        return ledger.sessions(login, limit, before)
                .thenApplyAsync(rows -> Json.ok(page(rows, limit)), system.executionContext());
    }

    private static SessionList page(List<SessionRow> rows, int limit) {
        var hasMore = rows.size() == limit;
        return new SessionList(
                rows.stream().map(Session::of).toList(),
                hasMore ? rows.getLast().last().toString() : null);
    }

    private CompletionStage<HttpResponse> detail(Call call) {
        int limit;
        try {
            limit = Query.of(call.request(), Set.of("limit")).limit(EXCHANGES, MAX_EXCHANGES);
        } catch (BadRequest e) {
            return CompletableFuture.completedFuture(Json.badRequest(String.valueOf(e.getMessage())));
        }
        var id = call.parameter("id");
        return ledger.session(id, limit).thenCompose(found -> {
            var visible = found.filter(view -> isVisible(call, view.session()));
            return visible.isEmpty()
                    ? CompletableFuture.completedStage(Json.notFound("no session " + Json.quote(id)))
                    : detail(visible.get(), limit);
        });
    }

    private CompletionStage<HttpResponse> detail(SessionView view, int limit) {
        var session = view.session();
        return captures.ofSession(session.session(), session.login(), limit, null)
                .thenCompose(kept -> conversation(kept)
                        .thenApplyAsync(capture -> Json.ok(detail(view, kept, capture)), system.executionContext()));
    }

    /** Beside a conversation clients ask small things of their own (a title, say): the longest of the latest requests has it. */
    private CompletionStage<Optional<Capture>> conversation(List<Kept> kept) {
        return kept.stream()
                .limit(LATEST)
                .max(Comparator.comparingLong(Kept::bytes))
                .map(longest -> captures.find(longest.requestId()))
                .orElse(CompletableFuture.completedStage(Optional.empty()));
    }

    private static SessionDetail detail(SessionView view, List<Kept> kept, Optional<Capture> capture) {
        var shown = view.exchanges().stream().map(Exchange::requestId).collect(Collectors.toSet());
        return new SessionDetail(
                Session.of(view.session()),
                view.exchanges().stream().map(ExchangeView::of).toList(),
                kept.stream().map(Kept::requestId).filter(shown::contains).toList(),
                capture.map(SessionEndpoints::conversation).orElse(null));
    }

    private static @Nullable Conversation conversation(Capture capture) {
        var said = capture.said();
        if (said == null) {
            return null;
        }
        var asked = said.request().body();
        return new Conversation(
                capture.requestId(),
                asked == null ? null : Json.tree(asked),
                said.answer().form() == Form.OBJECT ? Json.tree(said.answer().body()) : null);
    }

    private static boolean isVisible(Call call, SessionRow session) {
        return call.role() == Role.ADMIN || session.login().equals(call.caller().login());
    }
}
