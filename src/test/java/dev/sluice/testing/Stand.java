package dev.sluice.testing;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.typesafe.config.ConfigFactory;
import dev.sluice.simulator.Simulator;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;
import javax.net.ssl.SSLContext;
import org.apache.pekko.actor.ActorSystem;
import org.apache.pekko.http.javadsl.ServerBinding;
import org.jspecify.annotations.Nullable;

/** A simulated provider behind a whole gateway, and the view into the gateway's books that its operators have. */
public final class Stand implements AutoCloseable {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Duration SOON = Duration.ofSeconds(20);

    private final ActorSystem system;
    private final Simulator simulator;
    private ServerBinding binding;
    private final TestGateway gateway;
    private final @Nullable SSLContext tls;
    private @Nullable ClosedPort providersPort;

    private Stand(
            ActorSystem system,
            Simulator simulator,
            ServerBinding binding,
            TestGateway gateway,
            @Nullable SSLContext tls) {
        this.system = system;
        this.simulator = simulator;
        this.binding = binding;
        this.gateway = gateway;
        this.tls = tls;
    }

    public static Stand start(Path data) throws Exception {
        return start(data, TestGateway::policy, Map.of());
    }

    public static Stand start(Path data, Map<String, ?> settings) throws Exception {
        return start(data, TestGateway::policy, settings);
    }

    /**
     * Starts one.
     *
     * @param policy from the simulated provider's base URL
     */
    public static Stand start(Path data, UnaryOperator<String> policy, Map<String, ?> settings) throws Exception {
        var system = ActorSystem.create("providers", ConfigFactory.load("simulator.conf"));
        var simulator = new Simulator(system);
        var binding = simulator.bind("127.0.0.1", 0).toCompletableFuture().get(20, TimeUnit.SECONDS);
        var url = "http://127.0.0.1:" + binding.localAddress().getPort();
        var certificate = settings.get("sluice.tls.certificate");
        return new Stand(
                system,
                simulator,
                binding,
                TestGateway.start(data, policy.apply(url), settings),
                certificate == null ? null : TestCertificate.trusting(Path.of(certificate.toString())));
    }

    public Simulator simulator() {
        return simulator;
    }

    public TestGateway gateway() {
        return gateway;
    }

    /** A connection to the gateway, with TLS if it has a certificate. */
    public RawHttp open() {
        var address = gateway.node().address();
        return tls == null ? RawHttp.connect(address) : RawHttp.connect(address, tls);
    }

    /** A connection to the provider itself, to see what it would say. */
    public RawHttp openProvider() {
        return RawHttp.connect(binding.localAddress());
    }

    public InetSocketAddress providerAddress() {
        return binding.localAddress();
    }

    /** The provider dies: every connection to it is cut, and its port refuses. */
    public void stopProvider() throws Exception {
        binding.unbind().toCompletableFuture().get(20, TimeUnit.SECONDS);
        binding.terminate(Duration.ofSeconds(1)).toCompletableFuture().get(20, TimeUnit.SECONDS);
        // So that nobody else gets it before the provider comes back.
        providersPort = ClosedPort.take(binding.localAddress().getPort());
    }

    /** It comes back on the port it had. */
    public void startProvider() throws Exception {
        var address = binding.localAddress();
        freeProvidersPort();
        binding = simulator
                .bind(address.getHostString(), address.getPort())
                .toCompletableFuture()
                .get(20, TimeUnit.SECONDS);
    }

    private void freeProvidersPort() {
        if (providersPort != null) {
            providersPort.close();
            providersPort = null;
        }
    }

    /** Sends a request over a new connection. {@code name} is its user agent, by which the books are searched. */
    public RawHttp ask(TestFormat format, boolean stream, String name, String script) {
        return open().post(format.path(), format.body(stream), headers(name, script));
    }

    /** All requests of a stand belong to one session a format, so that the books are read at one place. */
    public static String[] headers(String name, String script) {
        return new String[] {
            "Authorization: Bearer client-key", "User-Agent: " + name, "x-simulate: " + script, "x-session-id: stand"
        };
    }

    /** What the provider itself says to a request. */
    public RawHttp.Rest said(TestFormat format, boolean stream, String script) {
        try (var http = openProvider()) {
            http.post(format.path(), format.bodyUpstream(stream), headers("reference", script))
                    .readHead();
            return http.readRest();
        }
    }

    /** The gateway's JSON answer to a GET. */
    public JsonNode get(String path) {
        try (var http = open()) {
            http.get(path);
            var head = http.readHead();
            var text = http.readRest().text();
            assertThat(head.status()).as(text).isEqualTo(200);
            return JSON.readTree(text);
        } catch (IOException e) {
            throw new AssertionError(path, e);
        }
    }

    /** All exchanges of all sessions; at most a thousand a session. */
    public List<JsonNode> exchanges() {
        var all = new ArrayList<JsonNode>();
        for (var session : get("/api/sessions?limit=500").path("sessions")) {
            get("/api/sessions/" + session.path("session").asText() + "?limit=1000")
                    .path("exchanges")
                    .forEach(all::add);
        }
        return all;
    }

    /** The exchanges of these requests, by name, as soon as the books hold all of them. */
    public Map<String, JsonNode> exchanges(Collection<String> names) {
        var found = new HashMap<String, JsonNode>();
        Eventually.await(SOON, () -> {
            found.clear();
            for (var exchange : exchanges()) {
                var name = exchange.path("user_agent").asText();
                if (names.contains(name)) {
                    assertThat(found.put(name, exchange)).as("twice: " + name).isNull();
                }
            }
            assertThat(found.keySet()).containsAll(names);
        });
        return found;
    }

    public JsonNode exchange(String name) {
        return requireNonNull(exchanges(List.of(name)).get(name));
    }

    /** What the buckets say, by name. */
    public Map<String, JsonNode> buckets() {
        var buckets = new HashMap<String, JsonNode>();
        for (var bucket : get("/api/quotas").path("buckets")) {
            buckets.put(bucket.path("bucket").asText(), bucket);
        }
        return buckets;
    }

    /** Asserts that soon nothing is left of any request: no connection of a client, no stream of the provider, no money set aside. */
    public void awaitQuiet() {
        Eventually.await(SOON, () -> {
            assertThat(gateway.node().openConnections())
                    .as("clients' connections")
                    .isZero();
            assertThat(simulator.openStreams()).as("the provider's streams").isZero();
        });
        Eventually.await(
                SOON,
                () -> assertThat(buckets().values())
                        .allSatisfy(bucket -> assertThat(
                                        bucket.path("reserved_nanos").asLong())
                                .as(bucket.toString())
                                .isZero()));
    }

    /** An ordinary request is served, now. */
    public void assertServes(TestFormat format) {
        try (var http = ask(format, true, "served", "events=2")) {
            assertThat(http.readHead().status()).isEqualTo(200);
            assertThat(http.readRest().end()).isEqualTo(RawHttp.End.PROPER);
        }
    }

    /** Runs all at the same time and answers their results in order; throws what the first of them threw. */
    public static <T> List<T> together(Collection<? extends Callable<T>> tasks) {
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            var results = new ArrayList<T>();
            for (Future<T> result : threads.invokeAll(tasks)) {
                results.add(result.get());
            }
            return results;
        } catch (ExecutionException e) {
            throw new AssertionError(e.getMessage(), e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError(e);
        }
    }

    @Override
    public void close() {
        gateway.close();
        freeProvidersPort();
        system.terminate();
        system.getWhenTerminated()
                .toCompletableFuture()
                .orTimeout(20, TimeUnit.SECONDS)
                .join();
    }
}
