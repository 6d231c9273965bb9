package dev.sluice.identity;

import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.util.Base64;
import org.jspecify.annotations.Nullable;

/**
 * A JWT in three parts, read but not verified.
 *
 * @param text   as it came
 * @param issuer who is said to have issued it; nobody knows yet whether that is so
 * @param claims the same goes for them
 */
record CompactToken(String text, String issuer, JsonNode claims) {
    private static final JsonMapper JSON = JsonMapper.builder()
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .build();

    /** An opening brace and a quote, in Base64: so begins a header. */
    private static final String BEGIN = "eyJ";

    /** Null for whatever is none: providers' keys, mostly, and tokens that only their issuer can read. */
    static @Nullable CompactToken of(String text) {
        var first = text.indexOf('.');
        var last = text.lastIndexOf('.');
        if (!text.startsWith(BEGIN) || first == last || text.indexOf('.', first + 1) != last) {
            return null;
        }
        try {
            var claims = JSON.readTree(Base64.getUrlDecoder().decode(text.substring(first + 1, last)));
            var issuer = claims.path("iss");
            return issuer.isTextual() ? new CompactToken(text, issuer.asText(), claims) : null;
        } catch (IOException | IllegalArgumentException _) {
            return null;
        }
    }

    String header() {
        return text.substring(0, text.indexOf('.'));
    }

    String signed() {
        return text.substring(0, text.lastIndexOf('.'));
    }

    String signature() {
        return text.substring(text.lastIndexOf('.') + 1);
    }

    /** A token is a secret. */
    @Override
    public String toString() {
        return "***";
    }
}
