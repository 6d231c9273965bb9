package dev.sluice.admin;

import dev.sluice.access.Role;
import dev.sluice.gate.Call;
import dev.sluice.gate.Doc;
import dev.sluice.gate.Endpoint;
import dev.sluice.gate.Needs;
import dev.sluice.gate.Refuser;
import dev.sluice.metric.Metrics;
import dev.sluice.wire.WireError;
import dev.sluice.wire.WireError.Kind;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.http.javadsl.model.ContentTypes;
import org.apache.pekko.http.javadsl.model.HttpEntities;
import org.apache.pekko.http.javadsl.model.HttpHeader;
import org.apache.pekko.http.javadsl.model.HttpMethods;
import org.apache.pekko.http.javadsl.model.HttpRequest;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.http.javadsl.model.headers.RawHeader;

/** {@code GET /metrics}: the node's numbers, for Prometheus. For administrators and whoever is granted {@code read_metrics}. */
final class MetricEndpoints {
    private final ActorSystem<?> system;
    private final Metrics metrics;

    MetricEndpoints(ActorSystem<?> system) {
        this.system = system;
        this.metrics = Metrics.get(system);
    }

    List<Endpoint> endpoints() {
        return List.of(new Endpoint(HttpMethods.GET, "/metrics", Needs.ROLE, this::show, Refuser.JSON)
                .documented(
                        Doc.of("The node's numbers, for Prometheus; for administrators and grants with read_metrics.")
                                .answersWith("text/plain")));
    }

    private CompletionStage<HttpResponse> show(Call call) {
        return call.role() == Role.ADMIN || call.rules().access().readsMetrics(call.caller())
                ? answer(call.request())
                : CompletableFuture.completedFuture(Refuser.JSON.refuse(
                        new WireError(Kind.NO_ROLE, 403, "access denied: read_metrics is not granted")));
    }

    /** Not on the event loop, which has others to serve. */
    CompletionStage<HttpResponse> answer(HttpRequest request) {
        return CompletableFuture.supplyAsync(() -> written(request), system.executionContext());
    }

    private HttpResponse written(HttpRequest request) {
        var scrape = metrics.scrape(
                request.getHeader("Accept").map(HttpHeader::value).orElse(null));
        var type = ContentTypes.parse(scrape.contentType());
        var response = HttpResponse.create()
                .addHeader(RawHeader.create("Vary", "Accept, Accept-Encoding"))
                .addHeader(RawHeader.create("Cache-Control", "no-store"));
        return Document.takesGzip(request)
                ? response.addHeader(RawHeader.create("Content-Encoding", "gzip"))
                        .withEntity(HttpEntities.create(type, Document.gzip(scrape.text())))
                : response.withEntity(HttpEntities.create(type, scrape.text()));
    }
}
