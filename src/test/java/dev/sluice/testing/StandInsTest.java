package dev.sluice.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A server of the tests that was closed is gone: whoever comes the moment after is refused, and nobody is still served. */
class StandInsTest {
    /** Enough to meet its thread in every state. */
    private static final int ROUNDS = 300;

    @TempDir
    private Path directory;

    private static Socket connected(int port) throws IOException {
        return new Socket(InetAddress.getLoopbackAddress(), port);
    }

    @Test
    void aPortRefusesOnceItsServerIsClosed() throws Exception {
        for (var round = 0; round < ROUNDS; round++) {
            var served = new CountDownLatch(1);
            var acceptor = Acceptor.start(connection -> {
                served.countDown();
                connection.getInputStream().read();
            });
            try (var client = connected(acceptor.port())) {
                if (round % 2 == 0) {
                    served.await();
                }
                acceptor.close();
                assertThatThrownBy(() -> connected(acceptor.port()).close()).isInstanceOf(ConnectException.class);
                assertThat(endOf(client)).isTrue();
            }
            Eventually.await(
                    Duration.ofSeconds(20),
                    () -> assertThat(acceptor.openConnections()).isZero());
        }
    }

    /** By a FIN, or by a reset if nobody had accepted it. */
    private static boolean endOf(Socket client) {
        try {
            return client.getInputStream().read() < 0;
        } catch (IOException e) {
            return true;
        }
    }

    @Test
    void aSocketFileRefusesOnceItsDaemonIsDead() throws Exception {
        var file = directory.resolve("d.sock");
        for (var round = 0; round < ROUNDS; round++) {
            try (var daemon = FakeTailscaled.start(file);
                    var client = SocketChannel.open(StandardProtocolFamily.UNIX)) {
                client.connect(UnixDomainSocketAddress.of(file));
                daemon.die();
                try (var late = SocketChannel.open(StandardProtocolFamily.UNIX)) {
                    assertThatThrownBy(() -> late.connect(UnixDomainSocketAddress.of(file)))
                            .isInstanceOf(ConnectException.class);
                }
            }
        }
    }

    @Test
    void aPortThatIsTakenWithoutAListenerRefuses() throws Exception {
        try (var closed = ClosedPort.take()) {
            for (var round = 0; round < ROUNDS; round++) {
                assertThatThrownBy(() -> connected(closed.number()).close()).isInstanceOf(ConnectException.class);
            }
        }
    }

    @Test
    void aFreePortIsGivenOnce() {
        assertThat(FreePorts.take(50))
                .doesNotHaveDuplicates()
                .allSatisfy(port -> assertThat(port).isBetween(12_000, 31_999));
    }
}
