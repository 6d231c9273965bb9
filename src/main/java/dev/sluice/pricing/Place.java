package dev.sluice.pricing;

import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Where a provider's endpoint stands, as far as its base URL tells.
 *
 * @param host in lower case, without port; empty when the URL has none
 * @param path what follows the host
 */
record Place(String host, String path) {
    private static final Pattern URL = Pattern.compile("(?:[^:/?#]+://)?(?:[^/?#]*@)?([^/?#:]*)(?::\\d+)?(.*)");
    private static final String GLOBAL = "global";
    private static final Pattern LOCATION = Pattern.compile("[a-z0-9-]{1,64}");
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

    /**
     * Whether a request to a Vertex endpoint is served in one region, or in some, and not anywhere.
     *
     * @param asked the location that the request's path names; null when it names none. Where the URL names one, requests go there. A
     *              placeholder is none: who fills it in chooses what the URL says
     */
    boolean isRegional(@Nullable String asked) {
        var location = vertexLocation()
                .or(() -> Optional.ofNullable(asked)
                        .filter(name -> LOCATION.matcher(name).matches()))
                .orElse(GLOBAL);
        return !location.equals(GLOBAL);
    }

    /** The location of a Vertex endpoint; empty when the URL names none: the whole world, or what the request's path says. */
    Optional<String> vertexLocation() {
        return only(VERTEX_PATH, path).or(() -> only(VERTEX_REGION, host)).or(() -> only(VERTEX_MULTI_REGION, host));
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
