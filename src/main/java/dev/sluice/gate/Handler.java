package dev.sluice.gate;

import java.util.concurrent.CompletionStage;
import org.apache.pekko.http.javadsl.model.HttpResponse;

/** What an endpoint does. One that throws or fails is answered with 500. */
@FunctionalInterface
public interface Handler {
    CompletionStage<HttpResponse> handle(Call call);
}
