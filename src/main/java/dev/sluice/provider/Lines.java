package dev.sluice.provider;

import dev.sluice.config.Settings;
import dev.sluice.net.Loops;
import java.net.InetAddress;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.random.RandomGenerator;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.DispatcherSelector;

/** The lines to all hosts, each made when it is first asked for. */
final class Lines {
    /** A client's path may name its host, within the bounds of one provider; past so many, hosts that nobody uses are forgotten. */
    private static final int MAX_LINES = 1_000;

    private final Loops loops;
    private final Settings settings;
    private final RandomGenerator random;
    private final Addresses.Lookup lookup;
    private final Trust trust;
    private final ProxyRules proxies;
    private final Executor blocking;
    private final ConcurrentHashMap<Target.Host, Line> lines = new ConcurrentHashMap<>();

    /** @throws IllegalArgumentException when the settings name a file of certificates that is none */
    Lines(ActorSystem<?> system, Settings settings, RandomGenerator random) {
        this(system, settings, random, InetAddress::getAllByName);
    }

    Lines(ActorSystem<?> system, Settings settings, RandomGenerator random, Addresses.Lookup lookup) {
        this.loops = Loops.get(system);
        this.settings = settings;
        this.random = random;
        this.lookup = lookup;
        this.trust = Trust.of(settings.egress().trust());
        this.proxies = new ProxyRules(settings.egress().proxies());
        this.blocking = system.dispatchers().lookup(DispatcherSelector.blocking());
    }

    Line to(Target.Host host) {
        var known = lines.get(host);
        if (known != null) {
            return known;
        }
        if (lines.size() >= MAX_LINES) {
            lines.values().removeIf(Line::isUnused);
        }
        return lines.computeIfAbsent(host, this::made);
    }

    private Line made(Target.Host host) {
        var proxy = proxies.of(host);
        var tls = host.tls() ? new Tls(host, trust) : null;
        var first = proxy == null ? host : new Target.Host(false, proxy.host(), proxy.port());
        var way = new Way(
                host, proxy, tls, settings.clocks(), new Addresses(first.name(), first.port(), lookup, blocking));
        var idlePlaces = new Places(settings.limits().providerIdleConnections());
        // Most proxies that look into TLS do not speak HTTP/2, and the others gain nobody anything.
        var spoken =
                new Spoken(tls != null && proxy == null && settings.egress().http2());
        return new Line(
                host,
                loops.all().stream()
                        .map(loop -> new ConnectionPool(loop, way, settings.clocks(), idlePlaces, spoken, random))
                        .toList());
    }
}
