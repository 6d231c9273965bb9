package dev.sluice.admin;

import dev.sluice.gate.Call;
import dev.sluice.gate.Doc;
import dev.sluice.gate.Endpoint;
import dev.sluice.gate.Needs;
import dev.sluice.usage.Ledger;
import dev.sluice.wire.BadRequest;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.http.javadsl.model.HttpMethods;
import org.apache.pekko.http.javadsl.model.HttpResponse;

/** {@code GET /api/ledger}: how far the ledger is; {@code POST /api/ledger:rebuild}: has it built anew from the journal. */
record LedgerEndpoints(Ledger ledger, ActorSystem<?> system) {

    /** An object with nothing in it: who must send JSON cannot be a page of another site. */
    private record Rebuild() {}

    /** {@code reached} and {@code target} are offsets of the journal, or milliseconds where nodes share one. */
    private record LedgerState(long reached, long target, boolean catchingUp) {
        static LedgerState of(Ledger.State state) {
            return new LedgerState(state.reached(), state.target(), state.isCatchingUp());
        }
    }

    List<Endpoint> endpoints() {
        return List.of(
                new Endpoint(HttpMethods.GET, "/api/ledger", Needs.ADMIN, this::state)
                        .documented(Doc.of("How far the ledger has come that usage, sessions and logs are read from.")
                                .answers(LedgerState.class)),
                new Endpoint(HttpMethods.POST, "/api/ledger:rebuild", Needs.ADMIN, this::rebuild)
                        .documented(Doc.of(
                                        "Empties the ledger and begins to build it anew from the journal; it tells what it has meanwhile.")
                                .takes(Rebuild.class)
                                .answers(LedgerState.class)));
    }

    private CompletionStage<HttpResponse> state(Call call) {
        return CompletableFuture.completedFuture(Json.ok(LedgerState.of(ledger.state())));
    }

    private CompletionStage<HttpResponse> rebuild(Call call) {
        return Body.read(call.request(), system, body -> {
            try {
                Json.readObject(body, List.of());
            } catch (BadRequest e) {
                return CompletableFuture.completedFuture(Json.badRequest(String.valueOf(e.getMessage())));
            }
            return ledger.rebuild()
                    .thenApplyAsync(_ -> Json.ok(LedgerState.of(ledger.state())), system.executionContext());
        });
    }
}
