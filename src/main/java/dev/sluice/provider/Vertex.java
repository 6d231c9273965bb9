package dev.sluice.provider;

import dev.sluice.config.CredentialRule.ServiceAccount;
import java.util.regex.Pattern;

/**
 * What is particular about Vertex AI's addresses: clients may leave the project and the region to the gateway, and every
 * location but {@code global} has a host of its own.
 */
final class Vertex {
    private static final String GLOBAL_HOST = "aiplatform.googleapis.com";
    private static final String PROJECT = "_aperture_auto_vertex_project_id_";
    private static final String REGION = "_aperture_auto_vertex_region_";

    /** Comes from a client and becomes part of a host name. */
    private static final Pattern LOCATION =
            Pattern.compile("/v[^/]*/projects/[^/]+/locations/([a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?)/.*");

    private Vertex() {}

    /** Puts in what the key file and the provider say. */
    static String filled(String path, ServiceAccount account) {
        return path.contains("_aperture_auto_vertex_")
                ? path.replace(PROJECT, account.project()).replace(REGION, account.region())
                : path;
    }

    /** The origin that serves a path: the provider's own, unless that is Google's global one and the path names a location. */
    static Origin origin(Origin provider, String path) {
        if (!provider.host().tls()
                || !GLOBAL_HOST.equalsIgnoreCase(provider.host().name())) {
            return provider;
        }
        var location = LOCATION.matcher(path);
        if (!location.matches()) {
            return provider;
        }
        return switch (location.group(1)) {
            case "global" -> provider;
            case "us", "eu" -> provider.withName("aiplatform." + location.group(1) + ".rep.googleapis.com");
            default -> provider.withName(location.group(1) + "-" + GLOBAL_HOST);
        };
    }
}
