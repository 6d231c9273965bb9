package dev.sluice.provider;

import dev.sluice.config.Egress;
import dev.sluice.identity.AddressRange;
import java.net.InetAddress;
import java.net.URI;
import java.util.List;
import java.util.Locale;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Which hosts are reached through a proxy. The rules are those of curl and of Go's programs, for the same variables are set for all of
 * them. Names are not looked up: where a proxy is needed, they often cannot be.
 */
public final class ProxyRules {
    /** A port behind a name, an IPv4 address or an address in brackets; bare IPv6 addresses end in digits and have none. */
    private static final Pattern PORT = Pattern.compile("([^:]+|\\[.*]):(\\d{1,5})");

    private final Egress.Proxies proxies;
    private final List<Predicate<Target.Host>> direct;

    public ProxyRules(Egress.Proxies proxies) {
        this.proxies = proxies;
        this.direct = proxies.none().stream().map(ProxyRules::matching).toList();
    }

    /** The proxy on the way to what an {@code http} or {@code https} address names, null when there is none. */
    public Egress.@Nullable Proxy of(URI address) {
        var tls = "https".equalsIgnoreCase(address.getScheme());
        return of(new Target.Host(tls, address.getHost(), address.getPort() < 0 ? tls ? 443 : 80 : address.getPort()));
    }

    /** The proxy on the way to a host, null when there is none. */
    Egress.@Nullable Proxy of(Target.Host host) {
        var proxy = host.tls() ? proxies.https() : proxies.http();
        if (proxy == null || (!proxies.loopback() && isLoopback(host))) {
            return null;
        }
        return direct.stream().anyMatch(rule -> rule.test(host)) ? null : proxy;
    }

    private static boolean isLoopback(Target.Host host) {
        var name = host.name().toLowerCase(Locale.ROOT);
        var address = literal(name);
        return address == null
                ? name.equals("localhost") || name.endsWith(".localhost")
                : address.isLoopbackAddress() || address.isAnyLocalAddress();
    }

    /** The address that a host's name is; null for a name. */
    static @Nullable InetAddress literal(String name) {
        var bare = name.startsWith("[") && name.endsWith("]") ? name.substring(1, name.length() - 1) : name;
        try {
            return InetAddress.ofLiteral(bare);
        } catch (IllegalArgumentException _) {
            return null;
        }
    }

    private static Predicate<Target.Host> matching(String entry) {
        if (entry.equals("*")) {
            return host -> true;
        }
        var port = PORT.matcher(entry);
        if (!port.matches()) {
            return named(entry);
        }
        var number = Integer.parseInt(port.group(2));
        var name = named(port.group(1));
        return host -> number == host.port() && name.test(host);
    }

    /** A name stands for itself and for all below it, with and without a dot or {@code *.} before it. */
    private static Predicate<Target.Host> named(String entry) {
        var range = range(entry);
        if (range != null) {
            return host -> {
                var address = literal(host.name());
                return address != null && range.contains(address);
            };
        }
        var name = entry.toLowerCase(Locale.ROOT).replaceFirst("^(\\*?\\.)", "");
        var below = "." + name;
        return host -> {
            var asked = host.name().toLowerCase(Locale.ROOT);
            return asked.equals(name) || asked.endsWith(below);
        };
    }

    private static @Nullable AddressRange range(String entry) {
        try {
            return AddressRange.of(entry.replaceAll("[\\[\\]]", ""));
        } catch (IllegalArgumentException _) {
            return null;
        }
    }
}
