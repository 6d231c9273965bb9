package dev.sluice.gate;

import com.fasterxml.jackson.core.io.JsonStringEncoder;
import dev.sluice.wire.WireError;
import org.apache.pekko.http.javadsl.model.ContentTypes;
import org.apache.pekko.http.javadsl.model.HttpEntities;
import org.apache.pekko.http.javadsl.model.HttpResponse;

/** Puts an error into the format that an endpoint's clients read. */
@FunctionalInterface
public interface Refuser {
    /** {@code {"error":"..."}}, for everything that is not a wire format. */
    Refuser JSON = Refuser::json;

    HttpResponse refuse(WireError error);

    private static HttpResponse json(WireError error) {
        var message = new String(JsonStringEncoder.getInstance().quoteAsString(error.message()));
        return HttpResponse.create()
                .withStatus(error.status())
                .withEntity(HttpEntities.create(ContentTypes.APPLICATION_JSON, "{\"error\":\"" + message + "\"}"));
    }
}
