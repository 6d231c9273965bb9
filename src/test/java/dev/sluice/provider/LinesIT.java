package dev.sluice.provider;

import static org.assertj.core.api.Assertions.assertThat;

import com.typesafe.config.ConfigFactory;
import dev.sluice.cluster.NodeSystem;
import dev.sluice.config.Settings;
import dev.sluice.net.Loops;
import dev.sluice.testing.BareProvider;
import dev.sluice.testing.Eventually;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.http.javadsl.model.HttpRequest;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.http.javadsl.model.headers.RawHeader;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Hosts that move, hosts with several addresses, and how many connections are kept. */
class LinesIT {
    private static final Duration SOON = Duration.ofSeconds(15);

    private final ActorSystem<Void> system = ActorSystem.create(
            Behaviors.empty(),
            "lines",
            ConfigFactory.parseString("pekko.actor.provider = local").withFallback(NodeSystem.config(null, Map.of())));
    private volatile List<String> addresses = List.of();

    @BeforeEach
    void start() {
        Loops.start(system)
                .toCompletableFuture()
                .orTimeout(20, TimeUnit.SECONDS)
                .join();
    }

    @AfterEach
    void stop() {
        system.terminate();
        system.getWhenTerminated()
                .toCompletableFuture()
                .orTimeout(20, TimeUnit.SECONDS)
                .join();
    }

    private Lines lines(Map<String, ?> set) {
        var all = new HashMap<String, Object>(set);
        return new Lines(system, Settings.of(NodeSystem.config(null, all)), new Random(1), this::lookUp);
    }

    private InetAddress[] lookUp(String name) throws UnknownHostException {
        var found = addresses;
        if (found.isEmpty()) {
            throw new UnknownHostException(name);
        }
        return found.stream().map(InetAddress::ofLiteral).toArray(InetAddress[]::new);
    }

    private static ServerSocket listener(String address, int port) throws IOException {
        return new ServerSocket(port, 50, InetAddress.ofLiteral(address));
    }

    private static BareProvider provider(String name, ServerSocket socket) {
        return BareProvider.start(socket, (request, in, out) -> answer(name, out));
    }

    private static void answer(String text, OutputStream out) throws IOException {
        out.write(("HTTP/1.1 200 OK\r\nContent-Length: " + text.length() + "\r\n\r\n" + text)
                .getBytes(StandardCharsets.US_ASCII));
    }

    private CompletableFuture<String> send(Lines lines, int port) {
        var answer = new CompletableFuture<HttpResponse>();
        var request = HttpRequest.POST("/").addHeader(RawHeader.create("Host", "moving.example"));
        var open = new OpenRequests();
        open.take(1);
        lines.to(new Target.Host(false, "moving.example", port)).send(new Call(request, answer, open));
        return answer.thenCompose(head -> head.entity().toStrict(20_000, system))
                .thenApply(entity -> entity.getData().utf8String());
    }

    private String ask(Lines lines, int port) throws Exception {
        return send(lines, port).get(20, TimeUnit.SECONDS);
    }

    @Test
    void aHostThatMovesIsFollowedHoweverBusyItsConnectionsAre() throws Exception {
        var lines = lines(Map.of("sluice.clocks.connection-lifetime", "500ms"));
        try (var here = provider("here", listener("127.0.0.1", 0));
                var _ = provider("there", listener("127.0.0.2", here.port()))) {
            // Given
            addresses = List.of("127.0.0.1");
            assertThat(ask(lines, here.port())).isEqualTo("here");
            // When
            addresses = List.of("127.0.0.2");
            // Then
            Eventually.await(SOON, () -> assertThat(ask(lines, here.port())).isEqualTo("there"));
            // And: nobody who is gone is asked for
            addresses = List.of();
            assertThat(ask(lines, here.port())).isEqualTo("there");
        }
    }

    @Test
    void theNextAddressIsTriedWhenOneRefuses() throws Exception {
        var lines = lines(Map.of());
        try (var provider = provider("second", listener("127.0.0.1", 0))) {
            addresses = List.of("127.0.0.3", "127.0.0.4", "127.0.0.1");
            assertThat(ask(lines, provider.port())).isEqualTo("second");
        }
    }

    @Test
    void theNextAddressIsTriedWhenOneIsSilent() throws Exception {
        var lines = lines(Map.of("sluice.clocks.connect", "3s"));
        try (var provider = provider("second", listener("127.0.0.1", 0));
                var full = new ServerSocket(provider.port(), 1, InetAddress.ofLiteral("127.0.0.3"))) {
            // Given: a port whose queue is full, so that what comes is dropped
            var waiting = fill(full);
            addresses = List.of("127.0.0.3", "127.0.0.1");
            // When
            var told = ask(lines, provider.port());
            // Then: within the clock, else it would have failed
            assertThat(told).isEqualTo("second");
            for (var socket : waiting) {
                socket.close();
            }
        }
    }

    private static List<Socket> fill(ServerSocket listener) throws IOException {
        var sockets = new ArrayList<Socket>();
        while (sockets.size() < 100) {
            var socket = new Socket();
            sockets.add(socket);
            try {
                socket.connect(new InetSocketAddress(listener.getInetAddress(), listener.getLocalPort()), 300);
            } catch (SocketTimeoutException e) {
                return sockets;
            }
        }
        throw new AssertionError("the queue of a listener does not fill up here");
    }

    @Test
    void noMoreConnectionsWaitThanTheSettingsSay() throws Exception {
        var lines = lines(Map.of("sluice.limits.provider-idle-connections", 3));
        addresses = List.of("127.0.0.1");
        var all = new CountDownLatch(20);
        try (var provider = BareProvider.start((request, in, out) -> {
            all.countDown();
            all.await();
            answer("together", out);
        })) {
            // When
            var answers = new ArrayList<CompletableFuture<String>>();
            for (var number = 0; number < 20; number++) {
                answers.add(send(lines, provider.port()));
            }
            // Then
            for (var answer : answers) {
                assertThat(answer.get(20, TimeUnit.SECONDS)).isEqualTo("together");
            }
            Eventually.await(SOON, () -> assertThat(provider.openConnections()).isEqualTo(3));
            assertThat(ask(lines, provider.port())).isEqualTo("together");
            assertThat(provider.openConnections()).isEqualTo(3);
        }
    }

    @Test
    void aConnectionLivesForSoLongAndNoRequestIsLostByIt() throws Exception {
        var lines = lines(Map.of("sluice.clocks.connection-lifetime", "200ms"));
        addresses = List.of("127.0.0.1");
        var served = new AtomicInteger();
        try (var provider = BareProvider.start((request, in, out) -> {
            served.incrementAndGet();
            answer("lives", out);
        })) {
            var end = System.nanoTime() + Duration.ofSeconds(2).toNanos();
            var asked = 0;
            while (System.nanoTime() < end) {
                assertThat(ask(lines, provider.port())).isEqualTo("lives");
                asked++;
            }
            assertThat(served).hasValue(asked);
            Eventually.await(SOON, () -> assertThat(provider.openConnections()).isZero());
        }
    }
}
