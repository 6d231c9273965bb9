package dev.sluice.config;

import com.typesafe.config.Config;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * How a node gets out to providers.
 *
 * @param trust   a PEM file of authorities that are trusted beside the JDK's own; empty for none
 * @param http2   whether providers that speak HTTP/2 are spoken to in it
 * @param proxies what stands between the node and its providers
 */
public record Egress(String trust, boolean http2, Proxies proxies) {

    /**
     * Which requests go through which proxy.
     *
     * @param https    for providers with {@code https} addresses; null for none
     * @param http     for those with {@code http} addresses; null for none
     * @param none     hosts that are asked directly: names with all that is below them, addresses, ranges, {@code *}
     * @param loopback whether providers on this machine are asked through a proxy, too
     */
    public record Proxies(@Nullable Proxy https, @Nullable Proxy http, List<String> none, boolean loopback) {
        public Proxies {
            none = List.copyOf(none);
        }
    }

    /**
     * A proxy, itself spoken to without TLS.
     *
     * @param credentials {@code user:password}, empty for none
     */
    public record Proxy(String host, int port, Secret credentials) {
        private static final int USUAL_PORT = 80;

        private static final Pattern OTHER = Pattern.compile("(?!(?i:http)://)[A-Za-z][A-Za-z0-9+.-]*://");

        private static final Pattern URL = Pattern.compile(
                "(?i:http://)?(?:(?<user>.*)@)?(?<host>\\[[0-9A-Fa-f:.]+]|[A-Za-z0-9._~-]+)(?::(?<port>\\d{1,5}))?/?");

        /** Reads what stands in {@code https_proxy}; what does not fit is not quoted, a password may be in it. */
        static @Nullable Proxy of(String key, String text) {
            if (text.isBlank()) {
                return null;
            }
            var url = URL.matcher(text.strip());
            if (OTHER.matcher(text.strip()).lookingAt() || !url.matches()) {
                throw unreadable(key);
            }
            // The JDK's group() is null for a group that took no part.
            @Nullable String user = url.group("user");
            @Nullable String port = url.group("port");
            try {
                return new Proxy(
                        url.group("host"),
                        port == null ? USUAL_PORT : Integer.parseInt(port),
                        Secret.of(user == null ? "" : decoded(user)));
            } catch (IllegalArgumentException _) {
                throw unreadable(key);
            }
        }

        /** A plus sign stands for itself here. */
        private static String decoded(String text) {
            return URLDecoder.decode(text.replace("+", "%2B"), StandardCharsets.UTF_8);
        }

        private static IllegalArgumentException unreadable(String key) {
            return new IllegalArgumentException(
                    key + ": cannot be read as a proxy (expected: http://HOST:PORT or http://USER:PASSWORD@HOST:PORT)");
        }

        public Proxy {
            if (port <= 0 || port > 65535) {
                throw new IllegalArgumentException("proxy port: " + port + " (expected: 1 to 65535)");
            }
        }

        @Override
        public String toString() {
            return "http://" + host + ":" + port;
        }
    }

    static Egress of(Config config) {
        return new Egress(
                config.getString("tls.trust"),
                config.getBoolean("http2"),
                new Proxies(
                        Proxy.of("sluice.proxy.https", config.getString("proxy.https")),
                        Proxy.of("sluice.proxy.http", config.getString("proxy.http")),
                        Stream.of(config.getString("proxy.none").split("[,\\s]+"))
                                .filter(entry -> !entry.isEmpty())
                                .toList(),
                        config.getBoolean("proxy.loopback")));
    }
}
