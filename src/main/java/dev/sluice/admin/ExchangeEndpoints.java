package dev.sluice.admin;

import dev.sluice.access.Role;
import dev.sluice.admin.SessionEndpoints.ExchangeView;
import dev.sluice.capture.Capture;
import dev.sluice.capture.Capture.Answer;
import dev.sluice.capture.Capture.Form;
import dev.sluice.capture.Captures;
import dev.sluice.capture.HeaderLine;
import dev.sluice.gate.Call;
import dev.sluice.gate.Doc;
import dev.sluice.gate.Endpoint;
import dev.sluice.gate.Needs;
import dev.sluice.session.Exchange;
import dev.sluice.usage.Ledger;
import dev.sluice.wire.ToolCall;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.http.javadsl.model.HttpMethods;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.jspecify.annotations.Nullable;

/**
 * {@code GET /api/exchanges/{id}}: all that is known of one of one's own exchanges (administrators: of anybody's), what was said in it included;
 * {@code DELETE /api/sessions/{id}/captures} and {@code DELETE /api/users/{login}/captures}: what was said is forgotten, what it cost is not.
 */
record ExchangeEndpoints(Ledger ledger, Captures captures, ActorSystem<?> system) {

    /** {@code request} and {@code response} are null when they were not kept, or not long enough. */
    private record ExchangeDetail(
            String session,
            ExchangeView exchange,
            @Nullable RequestView request,
            @Nullable ResponseView response,
            List<ToolCallView> toolCalls) {}

    private record HeaderView(String name, String value) {}

    /** One of {@code body} and {@code bodyBase64} is null, or both when there is none. */
    private record RequestView(
            String method,
            String path,
            List<HeaderView> headers,
            @Nullable Object body,
            @Nullable String bodyBase64) {}

    /** {@code form} is {@code none}, {@code object}, {@code plain} or {@code coded}: how much could be told of the body. */
    private record ResponseView(
            int status,
            List<HeaderView> headers,
            String form,
            @Nullable Object body,
            @Nullable String bodyBase64,
            @Nullable String rawBase64) {}

    private record ToolCallView(@Nullable String id, String name, String arguments, boolean json) {
        static ToolCallView of(ToolCall tool) {
            return new ToolCallView(tool.id(), tool.name(), tool.arguments(), tool.json());
        }
    }

    private record Deleted(long captures) {}

    List<Endpoint> endpoints() {
        return List.of(
                new Endpoint(HttpMethods.GET, "/api/exchanges/{id}", Needs.ROLE, this::detail)
                        .documented(Doc.of(
                                        "One exchange: its usage, cost and timings, and what was said, if that was kept.")
                                .answers(ExchangeDetail.class)),
                new Endpoint(
                                HttpMethods.DELETE,
                                "/api/sessions/{id}/captures",
                                Needs.ADMIN,
                                call -> delete(call, "session", "id", captures::deleteSession))
                        .documented(Doc.of("Forgets what was said in a session. What it used and cost stays.")
                                .answers(Deleted.class)),
                new Endpoint(
                                HttpMethods.DELETE,
                                "/api/users/{login}/captures",
                                Needs.ADMIN,
                                call -> delete(call, "login", "login", captures::deleteLogin))
                        .documented(Doc.of("Forgets what a caller has said and was told. What it used and cost stays.")
                                .answers(Deleted.class)));
    }

    private CompletionStage<HttpResponse> delete(
            Call call, String noted, String parameter, Function<String, CompletionStage<Long>> deletion) {
        var what = call.parameter(parameter);
        call.note(noted, what);
        return deletion.apply(what).thenApplyAsync(count -> Json.ok(new Deleted(count)), system.executionContext());
    }

    private CompletionStage<HttpResponse> detail(Call call) {
        var id = call.parameter("id");
        return ledger.exchange(id).thenCompose(found -> {
            var visible = found.filter(exchange -> isVisible(call, exchange));
            return visible.isEmpty()
                    ? CompletableFuture.completedStage(Json.notFound("no exchange " + Json.quote(id)))
                    : captures.find(id)
                            .thenApplyAsync(
                                    capture -> Json.ok(detail(visible.get(), capture)), system.executionContext());
        });
    }

    private static boolean isVisible(Call call, Exchange exchange) {
        return call.role() == Role.ADMIN
                || exchange.login().equals(call.caller().login());
    }

    private static ExchangeDetail detail(Exchange exchange, Optional<Capture> capture) {
        var said = capture.map(Capture::said).orElse(null);
        return new ExchangeDetail(
                exchange.session(),
                ExchangeView.of(exchange),
                said == null ? null : request(said.request()),
                said == null ? null : response(said.answer()),
                capture.map(Capture::tools).orElse(List.of()).stream()
                        .map(ToolCallView::of)
                        .toList());
    }

    private static RequestView request(Capture.Request request) {
        var body = request.body();
        var tree = body == null ? null : Json.tree(body);
        return new RequestView(
                request.method(),
                request.path(),
                headers(request.headers()),
                tree,
                body == null || tree != null ? null : base64(body));
    }

    private static ResponseView response(Answer answer) {
        var tree = answer.form() == Form.OBJECT ? Json.tree(answer.body()) : null;
        var raw = answer.raw();
        return new ResponseView(
                answer.status(),
                headers(answer.headers()),
                answer.form().name().toLowerCase(Locale.ROOT),
                tree,
                tree != null || answer.body().length == 0 ? null : base64(answer.body()),
                raw == null ? null : base64(raw));
    }

    private static String base64(byte[] bytes) {
        return Base64.getEncoder().encodeToString(bytes);
    }

    private static List<HeaderView> headers(List<HeaderLine> headers) {
        return headers.stream()
                .map(header -> new HeaderView(header.name(), header.value()))
                .toList();
    }
}
