package dev.sluice.identity;

import java.util.Set;

/** The headers, by lower-case name, that say who calls or by way of whom. */
final class IdentityHeaders {
    static final String LOGIN = "tailscale-user-login";
    static final String NAME = "tailscale-user-name";
    static final String CAPABILITIES = "tailscale-app-capabilities";

    static final String FUNNEL = "tailscale-funnel-request";
    private static final String INFO = "tailscale-headers-info";

    /** What is never sent upstream. */
    static final Set<String> ALL = Set.of(
            LOGIN,
            NAME,
            "tailscale-user-profile-pic",
            CAPABILITIES,
            FUNNEL,
            INFO,
            "x-forwarded-for",
            "x-forwarded-host",
            "x-forwarded-proto",
            "x-real-ip",
            "forwarded");

    private IdentityHeaders() {}

    /** Whether only a proxy would have sent it. What claims an identity does not count: whoever likes can send that. */
    static boolean tellsForwarding(String name) {
        return name.startsWith("x-forwarded-")
                || name.equals("forwarded")
                || name.equals("x-real-ip")
                || name.equals(FUNNEL)
                || name.equals(INFO);
    }

    /** Whether Serve or another proxy would have sent it, identity included. */
    static boolean tellsProxy(String name) {
        return name.startsWith("tailscale-") || tellsForwarding(name);
    }
}
