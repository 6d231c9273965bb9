package dev.sluice.admin;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sluice.gate.Call;
import dev.sluice.gate.Doc;
import dev.sluice.gate.Endpoint;
import dev.sluice.gate.Needs;
import dev.sluice.gate.Refuser;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.regex.Pattern;
import org.apache.pekko.http.javadsl.model.HttpMethods;
import org.apache.pekko.http.javadsl.model.HttpResponse;

/**
 * {@code GET /aperture/openapi.json}: the control plane in OpenAPI 3.1, itself included. Made from the table that the gate is made from, so that
 * it cannot tell of a path or a role that is not there.
 */
final class OpenApiEndpoints {
    private static final Pattern PARAMETER = Pattern.compile("\\{\\+?(\\w+)}");

    /** What every refusal is. */
    private record Refusal(String error) {}

    private final List<Endpoint> described;

    OpenApiEndpoints(List<Endpoint> others) {
        described = new ArrayList<>(others);
        described.addAll(endpoints());
    }

    List<Endpoint> endpoints() {
        return List.of(new Endpoint(HttpMethods.GET, "/aperture/openapi.json", Needs.ROLE, this::show)
                .documented(Doc.of("This description.").answersWith("application/json")));
    }

    /** Asked for by people and generators, so it is made anew each time and takes no memory in between. */
    private CompletionStage<HttpResponse> show(Call call) {
        return CompletableFuture.completedFuture(Json.ok(document()));
    }

    private ObjectNode document() {
        var schemas = new RecordSchemas();
        var document = JsonNodeFactory.instance.objectNode().put("openapi", "3.1.0");
        document.putObject("info")
                .put("title", "Sluice")
                .put("version", "1")
                .put(
                        "description",
                        "The control plane. Callers are known by where they come from, so there is nothing to log in with."
                                + " Models are served under /v1 in their providers' own formats, which are not described here.");
        var paths = document.putObject("paths");
        for (var endpoint : described) {
            var path = PARAMETER.matcher(endpoint.path()).replaceAll("{$1}");
            paths.withObjectProperty(path)
                    .set(endpoint.method().name().toLowerCase(Locale.ROOT), operation(endpoint, schemas));
        }
        document.putObject("components").set("schemas", schemas.schemas());
        return document;
    }

    private static ObjectNode operation(Endpoint endpoint, RecordSchemas schemas) {
        var node = JsonNodeFactory.instance.objectNode();
        var doc = endpoint.doc();
        node.put("operationId", name(endpoint));
        node.put(
                "description",
                endpoint.needs() == Needs.ADMIN ? "For administrators." : "For every caller with a role.");
        node.put("x-needs", endpoint.needs().name().toLowerCase(Locale.ROOT));
        var parameters = JsonNodeFactory.instance.arrayNode();
        PARAMETER
                .matcher(endpoint.path())
                .results()
                .forEach(found -> parameters.add(
                        parameter(found.group(1), "path", String.class).put("required", true)));
        var responses = JsonNodeFactory.instance.objectNode();
        if (doc != null) {
            node.put("summary", doc.summary());
            doc.parameters()
                    .forEach(it -> parameters.add(
                            parameter(it.name(), it.in(), it.type()).put("description", it.description())));
            if (doc.request() != null) {
                var body = node.putObject("requestBody").put("required", true);
                body.set("content", content("application/json", schemas.reference(doc.request())));
            }
            responses.set(Integer.toString(doc.status()), answer(doc, schemas));
        }
        if (!parameters.isEmpty()) {
            node.set("parameters", parameters);
        }
        responses
                .putObject("default")
                .put("description", "A refusal, or trouble.")
                .set(
                        "content",
                        endpoint.refuser().equals(Refuser.PROBLEM)
                                ? content("application/problem+json", schemas.reference(Json.Problem.class))
                                : content("application/json", schemas.reference(Refusal.class)));
        node.set("responses", responses);
        return node;
    }

    private static ObjectNode answer(Doc doc, RecordSchemas schemas) {
        var answer = JsonNodeFactory.instance.objectNode().put("description", "As asked.");
        if (!doc.media().isEmpty()) {
            var type = doc.response();
            var schema = type == null
                    ? JsonNodeFactory.instance
                            .objectNode()
                            .put("type", doc.media().startsWith("text/") ? "string" : "object")
                    : doc.list() ? list(schemas.reference(type)) : schemas.reference(type);
            answer.set("content", content(doc.media(), schema));
        }
        return answer;
    }

    private static ObjectNode list(ObjectNode item) {
        return JsonNodeFactory.instance.objectNode().put("type", "array").set("items", item);
    }

    private static ObjectNode content(String media, ObjectNode schema) {
        var content = JsonNodeFactory.instance.objectNode();
        content.putObject(media).set("schema", schema);
        return content;
    }

    private static ObjectNode parameter(String name, String in, Class<?> type) {
        var node = JsonNodeFactory.instance.objectNode().put("name", name).put("in", in);
        node.set("schema", RecordSchemas.scalar(type));
        return node;
    }

    /** {@code POST /api/quotas/refill} is {@code postApiQuotasRefill}. */
    private static String name(Endpoint endpoint) {
        var name = new StringBuilder(endpoint.method().name().toLowerCase(Locale.ROOT));
        for (var word : endpoint.path().split("\\W+", -1)) {
            if (!word.isEmpty()) {
                name.append(Character.toUpperCase(word.charAt(0))).append(word.substring(1));
            }
        }
        return name.toString();
    }
}
