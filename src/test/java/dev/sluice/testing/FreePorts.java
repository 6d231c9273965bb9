package dev.sluice.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;

/**
 * Ports for who must know them before they are bound. They come from below those that systems hand out by themselves (Linux from 32768 on), so
 * that nobody gets one in between who asked for any port, or who only connects somewhere. None is given twice in a JVM.
 */
public final class FreePorts {
    private static final int FIRST = 12_000;
    private static final int NUMBER = 20_000;

    /** JVMs that run beside each other begin at different places. */
    private static final AtomicInteger NEXT =
            new AtomicInteger((int) (ProcessHandle.current().pid() * 251 % NUMBER));

    private FreePorts() {}

    public static List<Integer> take(int number) {
        return Stream.generate(FreePorts::take).limit(number).toList();
    }

    public static int take() {
        while (true) {
            var port = FIRST + NEXT.getAndIncrement() % NUMBER;
            try (var _ = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
                return port;
            } catch (BindException e) {
                // Somebody's.
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }
}
