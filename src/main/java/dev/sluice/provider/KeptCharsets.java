package dev.sluice.provider;

import java.util.List;
import java.util.Map;
import org.apache.pekko.http.javadsl.model.MediaType;
import org.apache.pekko.http.javadsl.model.MediaTypes;
import org.apache.pekko.http.javadsl.settings.ParserSettings;

/**
 * Lets the {@code charset} of a content type pass. Pekko knows that these types are UTF-8 anyway and drops what says so; clients
 * that look at the header do not all know it.
 */
public final class KeptCharsets {
    private static final MediaType[] TYPES =
            List.of("application/json", "application/problem+json", "text/event-stream").stream()
                    .map(KeptCharsets::open)
                    .toArray(MediaType[]::new);

    private KeptCharsets() {}

    private static MediaType open(String type) {
        var slash = type.indexOf('/');
        return MediaTypes.customWithOpenCharset(type.substring(0, slash), type.substring(slash + 1), Map.of(), false);
    }

    /** For whatever reads messages that are passed on. */
    public static ParserSettings in(ParserSettings settings) {
        return settings.withCustomMediaTypes(TYPES);
    }
}
