package dev.sluice.config;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigException;
import com.typesafe.config.ConfigValueType;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * By what means callers are known.
 *
 * @param order         of the means, each at most once; one that is not configured is left out
 * @param allowUnproven whether a node may listen beyond its machine that nobody can prove anything to
 * @param issuers       whose tokens are believed
 */
public record IdentitySettings(List<Means> order, boolean allowUnproven, Tailscale tailscale, List<Issuer> issuers) {
    private static final String KEY = "sluice.identity.";
    private static final Set<String> USUAL = Set.of("jwks-uri", "clock-skew", "algorithms", "refresh", "claims");

    /** A way to know a caller. */
    public enum Means {
        KEYS,
        JWT,
        TAILSCALE,
        SERVE_HEADERS,
        LOOPBACK;

        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT).replace('_', '-');
        }

        private static Means of(String text) {
            return Stream.of(values())
                    .filter(it -> it.toString().equals(text))
                    .findFirst()
                    .orElseThrow(() -> new IllegalArgumentException(
                            KEY + "order: \"" + text + "\" (expected: some of " + names() + ")"));
        }

        private static String names() {
            return Stream.of(values()).map(Means::toString).collect(Collectors.joining(", "));
        }
    }

    public IdentitySettings {
        order = List.copyOf(order);
        issuers = List.copyOf(issuers);
        if (order.isEmpty()) {
            throw new IllegalArgumentException(KEY + "order: [] (expected: some of " + Means.names() + ")");
        }
        var seen = new HashSet<Means>();
        for (var means : order) {
            if (!seen.add(means)) {
                throw new IllegalArgumentException(
                        KEY + "order: \"" + means + "\" twice (expected: each of " + Means.names() + " once at most)");
            }
        }
        var names = new HashSet<String>();
        for (var issuer : issuers) {
            if (!names.add(issuer.issuer())) {
                throw new IllegalArgumentException(
                        KEY + "jwt.issuers: \"" + issuer.issuer() + "\" twice (expected: each issuer once)");
            }
        }
    }

    /**
     * The daemon that knows the tailnet.
     *
     * @param socket  its socket, a file; empty for none
     * @param cache   how long an answer is believed, and so how long access that was taken away lasts
     * @param timeout how long an answer may take
     */
    public record Tailscale(String socket, Duration cache, Duration timeout) {
        private static final Duration LONGEST_CACHE = Duration.ofMinutes(5);
        private static final Duration LONGEST_TIMEOUT = Duration.ofSeconds(30);

        public Tailscale {
            within("tailscale.cache", cache, Duration.ZERO, LONGEST_CACHE);
            within("tailscale.timeout", timeout, Duration.ofMillis(1), LONGEST_TIMEOUT);
        }

        public boolean isOn() {
            return !socket.isEmpty();
        }
    }

    /**
     * Somebody whose tokens are believed.
     *
     * @param issuer     as it stands in {@code iss}
     * @param audience   one of which a token must be meant for
     * @param jwksUri    where its keys are; empty to ask the issuer
     * @param clockSkew  how far its clock may be off
     * @param algorithms it may sign with
     * @param refresh    how old its keys may get, and so how long one that was withdrawn is believed
     */
    public record Issuer(
            String issuer,
            List<String> audience,
            String jwksUri,
            Duration clockSkew,
            List<String> algorithms,
            Duration refresh,
            Claims claims) {
        private static final Duration MOST_SKEW = Duration.ofMinutes(5);
        private static final Duration LONGEST_REFRESH = Duration.ofDays(1);

        /** Those that are verified with a public key: nobody who can read the keys could sign with them. */
        private static final Set<String> ASYMMETRIC =
                Set.of("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512");

        public Issuer {
            audience = List.copyOf(audience);
            algorithms = List.copyOf(algorithms);
            if (!isPrivateWay(issuer) || issuer.indexOf('?') >= 0) {
                throw new IllegalArgumentException(KEY + "jwt.issuers: issuer \"" + issuer
                        + "\" (expected: https://..., or http:// on this machine)");
            }
            if (!jwksUri.isEmpty() && !isPrivateWay(jwksUri)) {
                throw new IllegalArgumentException(KEY + "jwt.issuers: jwks-uri \"" + jwksUri + "\" of " + issuer
                        + " (expected: https://..., or http:// on this machine)");
            }
            if (audience.isEmpty() || audience.stream().anyMatch(String::isBlank)) {
                // Without one, a token that somebody else got for another service would do here.
                throw new IllegalArgumentException(KEY + "jwt.issuers: audience " + audience + " of " + issuer
                        + " (expected: at least one, as its tokens say in \"aud\")");
            }
            if (algorithms.isEmpty() || !ASYMMETRIC.containsAll(algorithms)) {
                throw new IllegalArgumentException(KEY + "jwt.issuers: algorithms " + algorithms + " of " + issuer
                        + " (expected: some of " + new TreeSet<>(ASYMMETRIC) + ")");
            }
            within("jwt.clock-skew", clockSkew, Duration.ZERO, MOST_SKEW);
            within("jwt.refresh", refresh, Duration.ofSeconds(1), LONGEST_REFRESH);
        }

        /** Whether nobody on the way to it could change what it says: https, or this machine itself. */
        public static boolean isPrivateWay(String url) {
            return BaseUrl.isEndpoint(url) && BaseUrl.isPrivateWay(url.replaceFirst("\\?.*", ""));
        }

        private static Issuer of(Config config) {
            try {
                return new Issuer(
                        config.getString("issuer"),
                        texts(config, "audience"),
                        config.getString("jwks-uri"),
                        config.getDuration("clock-skew"),
                        config.getStringList("algorithms"),
                        config.getDuration("refresh"),
                        Claims.of(config.getConfig("claims")));
            } catch (ConfigException.Missing e) {
                throw new IllegalArgumentException(KEY + "jwt.issuers: " + e.getMessage(), e);
            }
        }
    }

    /**
     * What a token's claims mean. A name that begins with a slash is a JSON pointer.
     *
     * @param login  the first of these that is there says who it is
     * @param groups who they belong to
     * @param tags   what a machine is
     * @param name   what to call them
     */
    public record Claims(List<String> login, String groups, String tags, String name) {
        public Claims {
            login = List.copyOf(login);
            if (login.isEmpty() || login.stream().anyMatch(String::isBlank)) {
                throw new IllegalArgumentException(KEY + "jwt.claims.login: " + login + " (expected: names of claims)");
            }
        }

        private static Claims of(Config config) {
            known(config, "jwt.claims", Set.of("login", "groups", "tags", "name"));
            return new Claims(
                    texts(config, "login"),
                    config.getString("groups"),
                    config.getString("tags"),
                    config.getString("name"));
        }
    }

    static IdentitySettings of(Config root) {
        var config = root.getConfig("identity");
        known(config, "", Set.of("order", "allow-unproven", "tailscale", "jwt"));
        known(config.getConfig("tailscale"), "tailscale", Set.of("socket", "cache", "timeout"));
        return new IdentitySettings(
                config.getStringList("order").stream().map(Means::of).toList(),
                config.getBoolean("allow-unproven"),
                new Tailscale(
                        config.getString("tailscale.socket"),
                        config.getDuration("tailscale.cache"),
                        config.getDuration("tailscale.timeout")),
                issuers(config.getConfig("jwt")));
    }

    private static List<Issuer> issuers(Config jwt) {
        var usual = jwt.withoutPath("issuers");
        known(usual, "jwt", USUAL);
        var keys = new HashSet<>(USUAL);
        keys.addAll(Set.of("issuer", "audience"));
        var issuers = new ArrayList<Issuer>();
        for (var issuer : jwt.getConfigList("issuers")) {
            known(issuer, "jwt.issuers", keys);
            // What stands beside the issuers goes for all of them.
            issuers.add(Issuer.of(issuer.withFallback(usual)));
        }
        return issuers;
    }

    /** A misspelt key would leave its default in force, unnoticed. */
    private static void known(Config config, String path, Set<String> keys) {
        for (var key : config.root().keySet()) {
            if (!keys.contains(key)) {
                throw new IllegalArgumentException((path.isEmpty() ? KEY : KEY + path + ".") + key
                        + ": unknown (expected: some of " + new TreeSet<>(keys) + ")");
            }
        }
    }

    private static List<String> texts(Config config, String path) {
        return config.getValue(path).valueType() == ConfigValueType.LIST
                ? config.getStringList(path)
                : List.of(config.getString(path));
    }

    private static void within(String key, Duration value, Duration least, Duration most) {
        if (value.compareTo(least) < 0 || value.compareTo(most) > 0) {
            throw new IllegalArgumentException(KEY + key + ": " + value + " (expected: " + least + " to " + most + ")");
        }
    }
}
