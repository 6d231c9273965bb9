package dev.sluice.provider;

import java.net.URI;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** A URL of the policy, taken apart. */
record Origin(Target.Host host, String path) {
    // URI.getHost() is null for names with an underscore, which container networks are full of.
    private static final Pattern AUTHORITY = Pattern.compile("(.+?)(?::(\\d{1,5}))?");

    static Origin of(String url) {
        var uri = URI.create(url);
        var tls = "https".equalsIgnoreCase(uri.getScheme());
        var authority = AUTHORITY.matcher(uri.getRawAuthority());
        if (!authority.matches()) {
            throw new IllegalArgumentException(url + " (expected: a URL with a host)");
        }
        // The JDK's group() is null for a group that took no part.
        @Nullable String port = authority.group(2);
        var path = uri.getRawPath();
        return new Origin(
                new Target.Host(tls, authority.group(1), port == null ? standardPort(tls) : Integer.parseInt(port)),
                path == null ? "" : path);
    }

    private static int standardPort(boolean tls) {
        return tls ? 443 : 80;
    }

    /** What stands in {@code Host}: signatures count on the port being there only when it is not the usual one. */
    String hostHeader() {
        return host.port() == standardPort(host.tls()) ? host.name() : host.name() + ":" + host.port();
    }

    Origin withName(String name) {
        return new Origin(new Target.Host(host.tls(), name, host.port()), path);
    }
}
