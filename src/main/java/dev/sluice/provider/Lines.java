package dev.sluice.provider;

import dev.sluice.config.Settings;
import java.net.InetAddress;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.random.RandomGenerator;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.DispatcherSelector;
import org.apache.pekko.stream.Materializer;
import org.apache.pekko.stream.SystemMaterializer;
import org.jspecify.annotations.Nullable;

/** The lines to all hosts, each made when it is first asked for. */
final class Lines {
    /** HTTP/2 is read and written there, for all hosts together; threads go when nothing happens. */
    private static final int HTTP2_THREADS = 4;

    /** A client's path may name its host, within the bounds of one provider; past so many, hosts that nobody uses are forgotten. */
    private static final int MAX_LINES = 1_000;

    private final ActorSystem<?> system;
    private final Settings settings;
    private final RandomGenerator random;
    private final Addresses.Lookup lookup;
    private final Trust trust;
    private final ProxyRules proxies;
    private final Executor blocking;
    private final Executor http2Threads;
    private final Materializer materializer;
    private final ConcurrentHashMap<Target.Host, Line> lines = new ConcurrentHashMap<>();

    /** @throws IllegalArgumentException when the settings name a file of certificates that is none */
    Lines(ActorSystem<?> system, Settings settings, RandomGenerator random) {
        this(system, settings, random, InetAddress::getAllByName);
    }

    Lines(ActorSystem<?> system, Settings settings, RandomGenerator random, Addresses.Lookup lookup) {
        this.system = system;
        this.settings = settings;
        this.random = random;
        this.lookup = lookup;
        this.trust = Trust.of(settings.egress().trust());
        this.proxies = new ProxyRules(settings.egress().proxies());
        this.blocking = system.dispatchers().lookup(DispatcherSelector.blocking());
        this.http2Threads = threads();
        this.materializer = SystemMaterializer.get(system).materializer();
    }

    private static Executor threads() {
        var threads = new ThreadPoolExecutor(
                HTTP2_THREADS,
                HTTP2_THREADS,
                10,
                TimeUnit.SECONDS,
                new LinkedBlockingQueue<>(),
                Thread.ofPlatform().daemon().name("http2-", 0).factory());
        threads.allowCoreThreadTimeOut(true);
        return threads;
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
                system,
                host,
                proxy,
                tls,
                settings.clocks(),
                new Addresses(first.name(), first.port(), lookup, blocking));
        var pool = new ConnectionPool(
                way, settings.clocks(), settings.limits().providerIdleConnections(), random, materializer);
        // Most proxies that look into TLS do not speak HTTP/2, and the others gain nobody anything.
        return new Line(pool, tls == null || proxy != null ? null : http2(way, tls, pool));
    }

    private @Nullable Http2 http2(Way way, Tls tls, ConnectionPool pool) {
        return settings.egress().http2() ? new Http2(way, tls, settings.clocks(), pool::lifetime, http2Threads) : null;
    }
}
