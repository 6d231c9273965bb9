package dev.sluice.config;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.util.Base64;
import java.util.regex.Pattern;

/**
 * A Google service account's key file as it stands in {@code apikey}: {@code keyfile::} and the file in base64. What is wrong
 * with one is told without a letter of it.
 */
final class KeyFile {
    static final String PREFIX = "keyfile::";
    private static final String TOKEN_URI = "https://oauth2.googleapis.com/token";

    /** The command {@code base64} breaks lines, and so does whoever pastes its output. */
    private static final Pattern WHITE = Pattern.compile("\\s");

    private static final JsonMapper JSON = JsonMapper.builder().build();

    private KeyFile() {}

    static boolean isOne(String apiKey) {
        return apiKey.startsWith(PREFIX);
    }

    /**
     * Reads one.
     *
     * @throws IllegalArgumentException saying what is wrong with it
     */
    static CredentialRule.ServiceAccount read(String apiKey, String region) {
        var json = json(WHITE.matcher(apiKey.substring(PREFIX.length())).replaceAll(""));
        if (!"service_account".equals(text(json, "type"))) {
            throw new IllegalArgumentException("\"type\" is not \"service_account\"");
        }
        var tokenUri = text(json, "token_uri");
        return new CredentialRule.ServiceAccount(
                text(json, "client_email"),
                text(json, "private_key_id"),
                Secret.of(text(json, "private_key")),
                tokenUri.isEmpty() ? TOKEN_URI : tokenUri,
                text(json, "project_id"),
                region);
    }

    private static JsonNode json(String base64) {
        byte[] file;
        try {
            file = Base64.getDecoder().decode(base64);
        } catch (IllegalArgumentException _) {
            throw new IllegalArgumentException("what follows \"" + PREFIX + "\" is no base64");
        }
        try {
            var json = JSON.readTree(file);
            if (json.isObject()) {
                return json;
            }
        } catch (JsonProcessingException _) {
            // Its message quotes the text.
        } catch (IOException _) {
            // Arrays do not fail to be read; the signature says otherwise.
        }
        throw new IllegalArgumentException("what follows \"" + PREFIX + "\" is no JSON object in base64");
    }

    private static String text(JsonNode json, String key) {
        return json.path(key).asText("");
    }
}
