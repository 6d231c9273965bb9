package dev.sluice.admin;

import dev.sluice.config.PolicySchema;
import dev.sluice.gate.Call;
import dev.sluice.gate.Doc;
import dev.sluice.gate.Endpoint;
import dev.sluice.gate.Needs;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.http.javadsl.model.ContentTypes;
import org.apache.pekko.http.javadsl.model.HttpCharsets;
import org.apache.pekko.http.javadsl.model.HttpEntities;
import org.apache.pekko.http.javadsl.model.HttpEntity;
import org.apache.pekko.http.javadsl.model.HttpMethods;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.http.javadsl.model.MediaTypes;

/**
 * {@code GET /aperture/config.schema.json}: the JSON Schema of the policy document. It says nothing about the policy in force, so
 * any role will do.
 */
final class SchemaEndpoints {
    private final HttpEntity.Strict schema = HttpEntities.create(
            ContentTypes.create(MediaTypes.applicationWithFixedCharset("schema+json", HttpCharsets.UTF_8)),
            PolicySchema.text());

    List<Endpoint> endpoints() {
        return List.of(new Endpoint(HttpMethods.GET, "/aperture/config.schema.json", Needs.ROLE, this::show)
                .documented(Doc.of("The JSON Schema of the policy document.").answersWith("application/schema+json")));
    }

    private CompletionStage<HttpResponse> show(Call call) {
        return CompletableFuture.completedFuture(HttpResponse.create().withEntity(schema));
    }
}
