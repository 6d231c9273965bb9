package dev.sluice.simulator;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;

/** A hook on this machine that is content with whatever it is told. */
public final class Hearer implements AutoCloseable {
    private final HttpServer server;

    private Hearer(HttpServer server) {
        this.server = server;
    }

    public static Hearer start() throws IOException {
        var server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/", Hearer::hear);
        server.start();
        return new Hearer(server);
    }

    public int port() {
        return server.getAddress().getPort();
    }

    private static void hear(HttpExchange told) throws IOException {
        try (told) {
            told.getRequestBody().readAllBytes();
            told.sendResponseHeaders(204, -1);
        }
    }

    @Override
    public void close() {
        server.stop(0);
    }
}
