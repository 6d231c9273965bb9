package dev.sluice.config;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;

/**
 * Whether a node is alone, and if not, how it finds the others and what it says to them.
 *
 * @param listen       where other nodes' connections are taken
 * @param advertised   where other nodes reach it; also its name among them
 * @param seeds        one of them is asked to be let in, for {@link Mode#SEEDS}
 * @param discovery    how the others are found, for {@link Mode#DNS} and {@link Mode#KUBERNETES}
 * @param joinTimeout  a start that has not come in by then has failed
 * @param stableAfter  a partition that has lasted so long is decided
 * @param farewell     from saying that it goes to taking no more connections
 * @param allowPlain   whether others than this machine may be spoken to in the clear
 */
public record ClusterSettings(
        Mode mode,
        Address listen,
        Address advertised,
        List<Address> seeds,
        Discovery discovery,
        SplitBrain splitBrain,
        Duration stableAfter,
        Duration joinTimeout,
        Duration farewell,
        Tls tls,
        boolean allowPlain) {
    private static final String KEY = "sluice.cluster";
    private static final Pattern NUMERIC = Pattern.compile("\\d{1,3}(\\.\\d{1,3}){3}|.*:.*");
    private static final Pattern LOOPBACK = Pattern.compile("localhost|127(\\.\\d{1,3}){3}|::1|0:0:0:0:0:0:0:1");

    /** How the others are found; a single node looks for nobody. */
    public enum Mode {
        SINGLE,
        SEEDS,
        DNS,
        KUBERNETES
    }

    /** Which side goes on when the network is cut. */
    public enum SplitBrain {
        KEEP_MAJORITY,
        LEASE_MAJORITY
    }

    /** A host and a port. */
    public record Address(String host, int port) {
        static Address of(String key, String text) {
            var colon = text.lastIndexOf(':');
            return new Address(Settings.host(key, text, colon), Settings.port(key, text, colon));
        }

        /** Whether it is an IP address, and no name. */
        boolean isNumeric() {
            return NUMERIC.matcher(host).matches();
        }

        /** Whether only this machine reaches it, going by what is written: no name is looked up. */
        public boolean isLoopback() {
            return LOOPBACK.matcher(host).matches();
        }

        @Override
        public String toString() {
            return (host.indexOf(':') >= 0 ? "[" + host + "]" : host) + ":" + port;
        }
    }

    /**
     * How nodes that nobody listed are found.
     *
     * @param service       the name they are looked up by
     * @param port          the name of their management port; empty when they all have this node's
     * @param namespace     for Kubernetes; empty for this node's own
     * @param contactPoints so many must be seen before a new cluster is formed
     * @param management    where they ask each other which cluster there is
     */
    public record Discovery(String service, String port, String namespace, int contactPoints, Address management) {}

    /**
     * What nodes show each other, and believe.
     *
     * @param certificate PEM; empty for none
     * @param key         PEM; empty for none
     * @param authority   PEM; empty for none
     */
    public record Tls(String certificate, String key, String authority) {
        public Tls {
            var set = List.of(certificate, key, authority);
            if (set.contains("") && !set.equals(List.of("", "", ""))) {
                throw new IllegalArgumentException(KEY
                        + ".tls: only some files are set (expected: certificate, key and authority, or none of them)");
            }
        }

        public boolean isOn() {
            return !certificate.isEmpty();
        }
    }

    public ClusterSettings {
        seeds = List.copyOf(seeds);
        if (mode == Mode.SEEDS) {
            checkSeeds(seeds, advertised);
        }
        if ((mode == Mode.DNS || mode == Mode.KUBERNETES) && discovery.service().isEmpty()) {
            throw new IllegalArgumentException(KEY + ".discovery.service: not set (expected: the name of the nodes)");
        }
        // A node that does not find itself among what it looks up founds no cluster, and says so only in passing.
        var isFoundByAddress =
                mode == Mode.KUBERNETES || (mode == Mode.DNS && discovery.port().isEmpty());
        if (isFoundByAddress && !advertised.isNumeric()) {
            throw new IllegalArgumentException(KEY + ".advertise: " + advertised
                    + " (expected: with an IP address, which is what nodes are looked up as, and not a name)");
        }
        if (discovery.contactPoints() < 1) {
            throw new IllegalArgumentException(KEY + ".discovery.contact-points: " + discovery.contactPoints()
                    + " (expected: >= 1, better 2 or more)");
        }
        if (splitBrain == SplitBrain.LEASE_MAJORITY && mode != Mode.KUBERNETES) {
            throw new IllegalArgumentException(
                    KEY + ".split-brain: lease-majority (expected: only with mode kubernetes, which has the lease)");
        }
        if (!stableAfter.isPositive() || !joinTimeout.isPositive() || farewell.isNegative()) {
            throw new IllegalArgumentException(
                    KEY + ": stable-after, join-timeout or farewell is too short (expected: > 0, > 0, >= 0)");
        }
        if (mode != Mode.SINGLE && !tls.isOn() && !allowPlain && !(listen.isLoopback() && advertised.isLoopback())) {
            throw new IllegalArgumentException(KEY + ".listen: " + listen + ", advertised as " + advertised
                    + ", can be reached by others, and whoever"
                    + " reaches it in the clear can join and command this node (expected: " + KEY
                    + ".tls, or, in a network that is the nodes' own, " + KEY + ".allow-plaintext = on)");
        }
    }

    private static void checkSeeds(List<Address> seeds, Address advertised) {
        if (seeds.isEmpty()) {
            throw new IllegalArgumentException(
                    KEY + ".seeds: none (expected: HOST:PORT of some nodes, the same list on all)");
        }
        if (advertised.port() == 0 || seeds.stream().anyMatch(seed -> seed.port() == 0)) {
            throw new IllegalArgumentException(
                    KEY + ".seeds: a seed, or this node, has port 0 (expected: ports that others can know)");
        }
        if (new HashSet<>(seeds).size() < seeds.size()) {
            throw new IllegalArgumentException(KEY + ".seeds: " + seeds + " (expected: each once)");
        }
    }

    public boolean isSingle() {
        return mode == Mode.SINGLE;
    }

    /**
     * Reads the settings.
     *
     * @throws IllegalArgumentException naming the key, what came and what was expected
     */
    public static ClusterSettings of(Config root) {
        try {
            var config = root.getConfig(KEY);
            var listen = Address.of(KEY + ".listen", config.getString("listen"));
            var advertised = config.getString("advertise");
            var seeds = new ArrayList<Address>();
            for (var seed : config.getStringList("seeds")) {
                seeds.add(Address.of(KEY + ".seeds", seed));
            }
            return new ClusterSettings(
                    constant(Mode.class, config, "mode"),
                    listen,
                    advertised.isEmpty() ? listen : Address.of(KEY + ".advertise", advertised),
                    seeds,
                    new Discovery(
                            config.getString("discovery.service"),
                            config.getString("discovery.port"),
                            config.getString("discovery.namespace"),
                            config.getInt("discovery.contact-points"),
                            Address.of(KEY + ".discovery.management", config.getString("discovery.management"))),
                    constant(SplitBrain.class, config, "split-brain"),
                    config.getDuration("stable-after"),
                    config.getDuration("join-timeout"),
                    config.getDuration("farewell"),
                    new Tls(
                            config.getString("tls.certificate"),
                            config.getString("tls.key"),
                            config.getString("tls.authority")),
                    config.getBoolean("allow-plaintext"));
        } catch (ConfigException e) {
            throw new IllegalArgumentException(e.getMessage(), e);
        }
    }

    private static <E extends Enum<E>> E constant(Class<E> type, Config config, String key) {
        var written = config.getString(key);
        for (var constant : type.getEnumConstants()) {
            if (name(constant).equals(written)) {
                return constant;
            }
        }
        var known = new ArrayList<String>();
        for (var constant : type.getEnumConstants()) {
            known.add(name(constant));
        }
        throw new IllegalArgumentException(
                KEY + "." + key + ": " + written + " (expected: " + String.join(" or ", known) + ")");
    }

    private static String name(Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
