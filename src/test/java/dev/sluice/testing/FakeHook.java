package dev.sluice.testing;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Queue;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executors;

/** A server that hooks are called at: one answer a path, as a test wants it; {@code 204} where none does. */
public final class FakeHook implements AutoCloseable {
    private final HttpServer server;
    private final Queue<Received> received = new ConcurrentLinkedQueue<>();
    private final Map<String, Answering> answers = new ConcurrentHashMap<>();

    /** A call as it came; header names in lower case. */
    public record Received(String path, Map<String, String> headers, String body) {}

    /** What it is answered. */
    public record Answer(int status, String body, Map<String, String> headers) {
        public static Answer of(int status) {
            return new Answer(status, "", Map.of());
        }

        public static Answer json(String body) {
            return new Answer(200, body, Map.of());
        }
    }

    /** Answers one call; what it throws closes the connection. */
    @FunctionalInterface
    public interface Answering {
        Answer answer(Received call) throws Exception;
    }

    private FakeHook(HttpServer server) {
        this.server = server;
    }

    public static FakeHook start() {
        try {
            var server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 50);
            var hook = new FakeHook(server);
            server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
            server.createContext("/", hook::serve);
            server.start();
            return hook;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public String url() {
        return "http://127.0.0.1:" + server.getAddress().getPort();
    }

    public void answer(String path, Answering answering) {
        answers.put(path, answering);
    }

    /** Of a path, in the order of their coming. */
    public List<Received> received(String path) {
        return received.stream().filter(it -> it.path().equals(path)).toList();
    }

    public void forget() {
        received.clear();
        answers.clear();
    }

    private void serve(HttpExchange exchange) {
        try (exchange) {
            var headers = new TreeMap<String, String>();
            exchange.getRequestHeaders()
                    .forEach((name, values) -> headers.put(name.toLowerCase(Locale.ROOT), values.getFirst()));
            var call = new Received(
                    exchange.getRequestURI().getPath(),
                    headers,
                    new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8));
            received.add(call);
            var answer = answers.getOrDefault(call.path(), _ -> Answer.of(204)).answer(call);
            answer.headers().forEach(exchange.getResponseHeaders()::set);
            var bytes = answer.body().getBytes(StandardCharsets.UTF_8);
            exchange.sendResponseHeaders(answer.status(), bytes.length == 0 ? -1 : bytes.length);
            if (bytes.length > 0) {
                exchange.getResponseBody().write(bytes);
            }
        } catch (Exception e) {
            // A test that ends an answer so means it so.
        }
    }

    @Override
    public void close() {
        server.stop(0);
        answers.clear();
    }
}
