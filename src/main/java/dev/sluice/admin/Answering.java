package dev.sluice.admin;

import dev.sluice.gate.Refuser;
import dev.sluice.wire.BadRequest;
import dev.sluice.wire.WireError;
import dev.sluice.wire.WireError.Kind;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.http.javadsl.model.HttpResponse;

/** Answers a question to the reports, or says what is wrong with it. */
interface Answering {
    CompletionStage<HttpResponse> answer() throws BadRequest, ReportQuery.Denied;

    static CompletionStage<HttpResponse> orRefusal(Answering answering) {
        try {
            return answering.answer();
        } catch (BadRequest e) {
            return CompletableFuture.completedFuture(Json.badRequest(String.valueOf(e.getMessage())));
        } catch (ReportQuery.Denied e) {
            return CompletableFuture.completedFuture(
                    Refuser.JSON.refuse(new WireError(Kind.NO_ROLE, 403, String.valueOf(e.getMessage()))));
        }
    }
}
