package dev.sluice.config;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Where traces go.
 *
 * @param endpoint    takes OTLP over HTTP; empty for no traces
 * @param headers     sent along, by name
 * @param sampleRatio of the requests whose client says nothing about it
 * @param certificate a PEM file with those who stand behind the endpoint's certificate; empty for the JDK's authorities
 * @param callers     whether a span says who called
 */
public record TraceSettings(
        String endpoint,
        Map<String, Secret> headers,
        double sampleRatio,
        String serviceName,
        String certificate,
        boolean callers) {
    private static final String PATH = "/v1/traces";

    public TraceSettings {
        headers = Map.copyOf(headers);
        if (!endpoint.isEmpty() && !BaseUrl.isEndpoint(endpoint)) {
            throw new IllegalArgumentException("sluice.traces.endpoint: \"" + endpoint
                    + "\" (expected: an http or https URL, as http://127.0.0.1:4318)");
        }
        if (!(sampleRatio >= 0 && sampleRatio <= 1)) {
            throw new IllegalArgumentException("sluice.traces.sample-ratio: " + sampleRatio + " (expected: 0 to 1)");
        }
    }

    public boolean isOn() {
        return !endpoint.isEmpty();
    }

    /**
     * Reads the settings.
     *
     * @throws IllegalArgumentException naming the key, what came and what was expected
     */
    public static TraceSettings of(Config root) {
        try {
            var config = root.getConfig("sluice.traces");
            var protocol = config.getString("protocol");
            if (!protocol.equals("http/protobuf")) {
                throw new IllegalArgumentException(
                        "sluice.traces.protocol: \"" + protocol + "\" (expected: http/protobuf)");
            }
            return new TraceSettings(
                    endpoint(config.getString("endpoint")),
                    headers(config.getString("headers")),
                    config.getDouble("sample-ratio"),
                    config.getString("service-name"),
                    config.getString("certificate"),
                    config.getBoolean("callers"));
        } catch (ConfigException e) {
            throw new IllegalArgumentException(e.getMessage(), e);
        }
    }

    /** A collector's address, as OpenTelemetry's own settings have it; the whole address will do, too. */
    private static String endpoint(String text) {
        return text.isEmpty() || text.endsWith(PATH) ? text : text.replaceFirst("/+$", "") + PATH;
    }

    private static Map<String, Secret> headers(String text) {
        var headers = new LinkedHashMap<String, Secret>();
        for (var pair : text.split(",", -1)) {
            var equals = pair.indexOf('=');
            if (equals > 0) {
                headers.put(
                        pair.substring(0, equals).strip(),
                        Secret.of(decoded(pair.substring(equals + 1).strip())));
            } else if (!pair.isBlank()) {
                // Not what came: it may be a key.
                throw new IllegalArgumentException("sluice.traces.headers: no NAME=VALUE (expected: NAME=VALUE,...)");
            }
        }
        return headers;
    }

    private static String decoded(String value) {
        try {
            return URLDecoder.decode(value.replace("+", "%2B"), StandardCharsets.UTF_8);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(
                    "sluice.traces.headers: a value that is not percent-encoded (expected: NAME=VALUE,...)", e);
        }
    }
}
