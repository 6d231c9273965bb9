package dev.sluice.pricing;

import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * Where a provider's endpoint stands, as far as its base URL tells.
 *
 * @param host in lower case, without port; empty when the URL has none
 * @param path what follows the host
 */
record Place(String host, String path) {
    private static final Pattern URL = Pattern.compile("(?:[^:/?#]+://)?(?:[^/?#]*@)?([^/?#:]*)(?::\\d+)?(.*)");
    private static final Pattern VERTEX_PATH = Pattern.compile(".*/locations/([a-z0-9-]+).*");
    private static final Pattern VERTEX_REGION = Pattern.compile("([a-z0-9-]+)-aiplatform\\.googleapis\\.com");
    private static final Pattern VERTEX_MULTI_REGION =
            Pattern.compile("aiplatform\\.([a-z0-9-]+)\\.rep\\.googleapis\\.com");
    private static final Pattern AWS_REGION = Pattern.compile("(?:.*\\.)?([a-z]{2,}(?:-[a-z]+)+-\\d+)\\..*");
    private static final Pattern OPENAI_RESIDENCY = Pattern.compile("([a-z]+)\\.api\\.openai\\.com");

    static Place of(String baseUrl) {
        var matcher = URL.matcher(baseUrl.strip());
        return matcher.matches()
                ? new Place(matcher.group(1).toLowerCase(Locale.ROOT), matcher.group(2))
                : new Place("", "");
    }

    /** The location of a Vertex endpoint; {@code global} when the URL names none, as behind a mirror. */
    String vertexLocation() {
        return only(VERTEX_PATH, path)
                .or(() -> only(VERTEX_REGION, host))
                .or(() -> only(VERTEX_MULTI_REGION, host))
                .orElse("global");
    }

    /** The AWS region in the host's name. */
    Optional<String> awsRegion() {
        return only(AWS_REGION, host);
    }

    /** The region whose residency rules an OpenAI host keeps, for example {@code eu}. */
    Optional<String> openAiResidency() {
        return only(OPENAI_RESIDENCY, host);
    }

    boolean isOpenRouter() {
        return isIn("openrouter.ai");
    }

    boolean isAzure() {
        return isIn("openai.azure.com") || isIn("cognitiveservices.azure.com") || isIn("services.ai.azure.com");
    }

    private boolean isIn(String domain) {
        return host.equals(domain) || host.endsWith("." + domain);
    }

    private static Optional<String> only(Pattern pattern, String text) {
        var matcher = pattern.matcher(text);
        return matcher.matches() ? Optional.of(matcher.group(1)) : Optional.empty();
    }
}
