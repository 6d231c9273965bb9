package dev.sluice.export;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.sluice.export.Exporter.Destination;
import dev.sluice.export.Exporter.State;
import dev.sluice.gate.Call;
import dev.sluice.gate.Doc;
import dev.sluice.gate.Endpoint;
import dev.sluice.gate.Needs;
import java.io.UncheckedIOException;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.http.javadsl.model.ContentTypes;
import org.apache.pekko.http.javadsl.model.HttpEntities;
import org.apache.pekko.http.javadsl.model.HttpMethods;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.jspecify.annotations.Nullable;

/** {@code GET /api/export}: how the export stands; {@code POST /api/export:run}: exports now. */
record ExportEndpoints(Exporter exporter, ActorSystem<?> system) {
    private static final JsonMapper JSON = JsonMapper.builder()
            .propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
            .build();

    private record Exported(String at, String object, long records, long bytes) {}

    private record Failed(String at, String message) {}

    /**
     * As {@link State}; {@code destination} is null when nothing is exported, {@code offset} is the journal's, {@code lag} counts records that wait,
     * {@code failures} those since the last success.
     */
    private record Export(
            @Nullable Destination destination,
            boolean running,
            @Nullable Exported lastExport,
            long offset,
            long lag,
            long failures,
            @Nullable Failed lastError,
            @Nullable String next) {
        static Export of(State state) {
            var last = state.last();
            var failure = state.failure();
            return new Export(
                    state.to(),
                    state.running(),
                    last == null ? null : new Exported(text(last.at()), last.object(), last.records(), last.bytes()),
                    state.offset(),
                    state.lag(),
                    state.failures(),
                    failure == null ? null : new Failed(text(failure.at()), failure.message()),
                    state.next() == null ? null : text(state.next()));
        }

        private static String text(Instant at) {
            return at.toString();
        }
    }

    List<Endpoint> endpoints() {
        return List.of(
                new Endpoint(HttpMethods.GET, "/api/export", Needs.ADMIN, this::state)
                        .documented(Doc.of("How the export of records stands.").answers(Export.class)),
                new Endpoint(HttpMethods.POST, "/api/export:run", Needs.ADMIN, this::run)
                        .documented(Doc.of(
                                        "Exports the records that wait, now; answers when they are exported, when that failed, "
                                                + "or when it takes long.")
                                .answers(Export.class)));
    }

    private CompletionStage<HttpResponse> state(Call call) {
        return exporter.state().thenApplyAsync(ExportEndpoints::answer, system.executionContext());
    }

    private CompletionStage<HttpResponse> run(Call call) {
        return exporter.run()
                .thenApplyAsync(
                        state -> {
                            var to = state.to();
                            call.note("bucket", to == null ? "" : to.bucket());
                            return answer(state);
                        },
                        system.executionContext());
    }

    private static HttpResponse answer(State state) {
        try {
            return HttpResponse.create()
                    .withEntity(HttpEntities.create(
                            ContentTypes.APPLICATION_JSON, JSON.writeValueAsBytes(Export.of(state))));
        } catch (JsonProcessingException e) {
            throw new UncheckedIOException(e);
        }
    }
}
