package dev.sluice.config;

import java.net.URI;
import java.net.URISyntaxException;
import java.util.Locale;
import java.util.regex.Pattern;

/** What may stand as a provider's {@code baseurl}. */
final class BaseUrl {
    // URI.getHost() is null for names with an underscore, which container networks are full of.
    private static final Pattern AUTHORITY = Pattern.compile("(?:\\[[0-9A-Fa-f:.]+]|[A-Za-z0-9._~-]+)(?::(\\d{1,5}))?");

    private static final Pattern LOOPBACK = Pattern.compile("localhost|127(?:\\.\\d{1,3}){3}|\\[::1]");

    private BaseUrl() {}

    /** Whether a path can be appended to it and asked for: http or https, a host, no credentials, query or fragment. */
    static boolean isValid(String text) {
        return isEndpoint(text) && text.indexOf('?') < 0;
    }

    /** Whether it can be asked for as it is: as {@link #isValid}, but it may have a query. */
    static boolean isEndpoint(String text) {
        try {
            var uri = new URI(text);
            var scheme = uri.getScheme();
            var authority = uri.getRawAuthority();
            return ("http".equalsIgnoreCase(scheme) || "https".equalsIgnoreCase(scheme))
                    && authority != null
                    && isReachable(authority)
                    && uri.getRawFragment() == null;
        } catch (URISyntaxException _) {
            return false;
        }
    }

    private static boolean isReachable(String authority) {
        var parts = AUTHORITY.matcher(authority);
        if (!parts.matches()) {
            return false;
        }
        var port = parts.group(1) == null ? 80 : Integer.parseInt(parts.group(1));
        return port > 0 && port < 65536;
    }

    /** The host of a valid one, in lower case; an IPv6 address in its brackets. */
    static String host(String valid) {
        return URI.create(valid).getRawAuthority().replaceFirst(":\\d+$", "").toLowerCase(Locale.ROOT);
    }

    /** Whether nobody on the way could read what is sent there: https, or this machine itself. */
    static boolean isPrivateWay(String text) {
        return isValid(text)
                && (text.regionMatches(true, 0, "https:", 0, 6)
                        || LOOPBACK.matcher(host(text)).matches());
    }
}
