package dev.sluice.config;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigException;
import java.time.Duration;
import java.util.List;

/**
 * The node settings: what one process needs to know, read once. Keys and defaults stand in {@code sluice.conf} under
 * {@code sluice}.
 *
 * @param host           to listen on
 * @param port           to listen on, 0 for any
 * @param trustedProxies addresses or CIDR ranges whose identity headers are believed
 * @param drainTimeout   how long open streams may go on after SIGTERM
 */
public record Settings(
        String host,
        int port,
        String dataDirectory,
        List<String> trustedProxies,
        IdentitySettings identity,
        Duration drainTimeout,
        Tls tls,
        Limits limits,
        Clocks clocks,
        Egress egress,
        Retries retries,
        Estimates estimates,
        Reservations reservations) {

    /**
     * How clients are spoken to: in TLS where there are two files, else in the clear.
     *
     * @param certificate a PEM file with the node's certificate and those that stand behind it; empty for none
     * @param key         a PEM file with the certificate's key; empty for none
     * @param renewal     between two looks at whether the files have changed
     */
    public record Tls(String certificate, String key, Duration renewal) {
        public Tls {
            if (certificate.isEmpty() != key.isEmpty()) {
                var set = certificate.isEmpty() ? "key" : "certificate";
                var missing = certificate.isEmpty() ? "certificate" : "key";
                throw new IllegalArgumentException(
                        "sluice.tls." + missing + ": not set (expected: a file, or no sluice.tls." + set + ")");
            }
            positive("sluice.tls.renewal", renewal.toMillis());
        }

        public boolean isOn() {
            return !certificate.isEmpty();
        }
    }

    /**
     * What the node takes at most. Bytes and counts.
     *
     * @param connections          clients' connections; more wait to be accepted
     * @param requestBody          one request's body
     * @param requestBodiesInFlight all bodies held at one time
     * @param providerOpenRequests open requests to one provider that sets no limit of its own
     * @param providerIdleConnections connections to one host that wait for the next request
     * @param transcripts          what is held of requests and answers until it is captured and hooks know it
     * @param captures             what may wait to be captured
     */
    public record Limits(
            int connections,
            long requestBody,
            long requestBodiesInFlight,
            int providerOpenRequests,
            int providerIdleConnections,
            long transcripts,
            long captures) {
        public Limits {
            positive("sluice.limits.connections", connections);
            positive("sluice.limits.request-body", requestBody);
            positive("sluice.limits.request-bodies-in-flight", requestBodiesInFlight);
            positive("sluice.limits.provider-open-requests", providerOpenRequests);
            positive("sluice.limits.provider-idle-connections", providerIdleConnections);
            positive("sluice.limits.transcripts", transcripts);
            positive("sluice.limits.captures", captures);
            if (requestBody > Integer.MAX_VALUE) {
                throw new IllegalArgumentException(
                        "sluice.limits.request-body: " + requestBody + " (expected: <= " + Integer.MAX_VALUE + ")");
            }
        }
    }

    /**
     * The clocks of a request; there is no limit on the whole of a stream.
     *
     * @param nextRequest     a client's connection without a request is closed after
     * @param requestBody     from head to end of the client's body, without progress
     * @param connect         to the provider, whatever its number of addresses; then as long again for a proxy's tunnel and for TLS
     * @param responseHeaders from the request's last byte to the answer's head
     * @param firstEvent      from the answer's head to its first byte
     * @param idle            between two reads of an answer, while the client reads
     * @param clientIdle      a client that takes nothing of its answer is cut off after
     * @param keepAlive       an unused connection to a provider is closed after
     * @param connectionLifetime a connection to a provider takes no more requests after, about
     * @param background      a response that goes on in the background is charged its worst case when nobody has seen its end by then
     */
    public record Clocks(
            Duration nextRequest,
            Duration requestBody,
            Duration connect,
            Duration responseHeaders,
            Duration firstEvent,
            Duration idle,
            Duration clientIdle,
            Duration keepAlive,
            Duration connectionLifetime,
            Duration background) {}

    /**
     * What happens when a provider fails before its answer's first byte.
     *
     * @param more        attempts after the first; 0 switches them off
     * @param pause       before the same provider is asked again, about; doubled for the next time
     * @param longestWait a provider's own {@code Retry-After} is waited out up to this, and passed on to the client beyond
     */
    public record Retries(int more, Duration pause, Duration longestWait) {
        public Retries {
            if (more < 0 || more > 10) {
                throw new IllegalArgumentException("sluice.retries.more: " + more + " (expected: 0 to 10)");
            }
            if (pause.isNegative() || longestWait.isNegative()) {
                throw new IllegalArgumentException("sluice.retries: negative durations (expected: >= 0)");
            }
        }
    }

    /**
     * What is assumed where nobody says.
     *
     * @param outputTokens of a request that sets no limit, for a model whose limit is unknown
     */
    public record Estimates(long outputTokens) {
        public Estimates {
            positive("sluice.estimates.output-tokens", outputTokens);
        }
    }

    /**
     * How long money stays set aside for an owner that gives no sign.
     *
     * @param leases whether a node sets aside some of a busy bucket in advance that lives on another one
     */
    public record Reservations(Duration renewal, Duration expiry, boolean leases) {
        public Reservations {
            if (expiry.compareTo(renewal.multipliedBy(2)) < 0) {
                throw new IllegalArgumentException("sluice.reservations.expiry: " + expiry
                        + " (expected: at least twice sluice.reservations.renewal, " + renewal + ")");
            }
        }
    }

    /**
     * Reads the settings.
     *
     * @throws IllegalArgumentException naming the key, what came and what was expected
     */
    public static Settings of(Config root) {
        try {
            var config = root.getConfig("sluice");
            var listen = config.getString("listen");
            var colon = listen.lastIndexOf(':');
            return new Settings(
                    host("sluice.listen", listen, colon),
                    port("sluice.listen", listen, colon),
                    config.getString("storage.directory"),
                    List.copyOf(config.getStringList("trusted-proxies")),
                    IdentitySettings.of(config),
                    config.getDuration("drain-timeout"),
                    new Tls(
                            config.getString("tls.certificate"),
                            config.getString("tls.key"),
                            config.getDuration("tls.renewal")),
                    new Limits(
                            config.getInt("limits.connections"),
                            config.getBytes("limits.request-body"),
                            config.getBytes("limits.request-bodies-in-flight"),
                            config.getInt("limits.provider-open-requests"),
                            config.getInt("limits.provider-idle-connections"),
                            config.getBytes("limits.transcripts"),
                            config.getBytes("limits.captures")),
                    new Clocks(
                            config.getDuration("clocks.next-request"),
                            config.getDuration("clocks.request-body"),
                            config.getDuration("clocks.connect"),
                            config.getDuration("clocks.response-headers"),
                            config.getDuration("clocks.first-event"),
                            config.getDuration("clocks.idle"),
                            config.getDuration("clocks.client-idle"),
                            config.getDuration("clocks.keep-alive"),
                            config.getDuration("clocks.connection-lifetime"),
                            config.getDuration("clocks.background")),
                    Egress.of(config),
                    new Retries(
                            config.getInt("retries.more"),
                            config.getDuration("retries.pause"),
                            config.getDuration("retries.longest-wait")),
                    new Estimates(config.getLong("estimates.output-tokens")),
                    new Reservations(
                            config.getDuration("reservations.renewal"),
                            config.getDuration("reservations.expiry"),
                            config.getBoolean("reservations.leases")));
        } catch (ConfigException e) {
            throw new IllegalArgumentException(e.getMessage(), e);
        }
    }

    static String host(String key, String listen, int colon) {
        if (colon <= 0) {
            throw new IllegalArgumentException(key + ": \"" + listen + "\" (expected: HOST:PORT)");
        }
        var host = listen.substring(0, colon);
        return host.startsWith("[") && host.endsWith("]") ? host.substring(1, host.length() - 1) : host;
    }

    static int port(String key, String listen, int colon) {
        try {
            var port = Integer.parseInt(listen.substring(colon + 1));
            if (port >= 0 && port <= 65535) {
                return port;
            }
        } catch (NumberFormatException e) {
            // Falls through to the message below, which says more.
        }
        throw new IllegalArgumentException(key + ": \"" + listen + "\" (expected: HOST:PORT, a port of 0 to 65535)");
    }

    private static void positive(String key, long value) {
        if (value <= 0) {
            throw new IllegalArgumentException(key + ": " + value + " (expected: > 0)");
        }
    }
}
