package dev.sluice.gate;

import com.fasterxml.jackson.core.io.JsonStringEncoder;
import dev.sluice.wire.WireError;
import org.apache.pekko.http.javadsl.model.ContentType;
import org.apache.pekko.http.javadsl.model.ContentTypes;
import org.apache.pekko.http.javadsl.model.HttpCharsets;
import org.apache.pekko.http.javadsl.model.HttpEntities;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.http.javadsl.model.MediaTypes;
import org.apache.pekko.http.javadsl.model.StatusCodes;

/** Puts an error into the format that an endpoint's clients read. */
@FunctionalInterface
public interface Refuser {
    /** {@code {"error":"..."}}, for everything that is not a wire format. */
    Refuser JSON = Refuser::json;

    ContentType.WithFixedCharset PROBLEM_JSON = MediaTypes.applicationWithFixedCharset(
                    "problem+json", HttpCharsets.UTF_8, "json")
            .toContentType();

    /** RFC 9457's {@code {"type":"about:blank","title":"Not Found","status":404,"detail":"..."}}. */
    Refuser PROBLEM = Refuser::problem;

    HttpResponse refuse(WireError error);

    private static HttpResponse problem(WireError error) {
        var title = StatusCodes.get(error.status()).reason();
        return HttpResponse.create()
                .withStatus(error.status())
                .withEntity(HttpEntities.create(
                        PROBLEM_JSON,
                        "{\"type\":\"about:blank\",\"title\":\"" + title + "\",\"status\":" + error.status()
                                + ",\"detail\":\"" + quoted(error) + "\"}"));
    }

    private static HttpResponse json(WireError error) {
        return HttpResponse.create()
                .withStatus(error.status())
                .withEntity(
                        HttpEntities.create(ContentTypes.APPLICATION_JSON, "{\"error\":\"" + quoted(error) + "\"}"));
    }

    private static String quoted(WireError error) {
        return new String(JsonStringEncoder.getInstance().quoteAsString(error.message()));
    }
}
