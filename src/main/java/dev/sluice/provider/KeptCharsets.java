package dev.sluice.provider;

import java.util.Locale;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.function.Function;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.pekko.http.javadsl.model.ContentType;
import org.apache.pekko.http.javadsl.model.ContentTypes;
import org.apache.pekko.http.javadsl.model.HttpCharsets;
import org.apache.pekko.http.javadsl.model.MediaType;
import org.apache.pekko.http.javadsl.model.MediaTypes;
import org.apache.pekko.http.javadsl.settings.ParserSettings;

/**
 * Lets the {@code charset} of a content type pass. Pekko knows that these types are UTF-8 anyway and drops what says so; clients
 * that look at the header do not all know it.
 */
public final class KeptCharsets {
    private static final Map<String, MediaType.WithOpenCharset> TYPES = Stream.of(
                    "application/json", "application/problem+json", "text/event-stream")
            .collect(Collectors.toUnmodifiableMap(Function.identity(), KeptCharsets::open));

    private static final Pattern CHARSET = Pattern.compile("\\s*charset\\s*=\\s*\"?([A-Za-z0-9._:+-]+)\"?\\s*");

    private KeptCharsets() {}

    private static MediaType.WithOpenCharset open(String type) {
        var slash = type.indexOf('/');
        return MediaTypes.customWithOpenCharset(type.substring(0, slash), type.substring(slash + 1), Map.of(), false);
    }

    /** For whatever reads messages that are passed on. */
    public static ParserSettings in(ParserSettings settings) {
        return settings.withCustomMediaTypes(TYPES.values().toArray(MediaType[]::new));
    }

    /** A content type as written; {@code application/octet-stream} for what is none. */
    static ContentType parse(String text) {
        var parts = text.split(";", 2);
        var type = TYPES.get(parts[0].strip().toLowerCase(Locale.ROOT));
        var charset = CHARSET.matcher(parts.length == 2 ? parts[1] : "");
        if (type != null && charset.matches()) {
            var name = charset.group(1);
            return type.toContentType(HttpCharsets.lookup(name).orElseGet(() -> HttpCharsets.custom(name)));
        }
        try {
            return ContentTypes.parse(text);
        } catch (IllegalArgumentException | NoSuchElementException _) {
            // What Pekko's parser throws depends on how it fails.
            return ContentTypes.APPLICATION_OCTET_STREAM;
        }
    }
}
