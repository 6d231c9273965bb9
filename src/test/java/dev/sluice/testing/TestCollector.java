package dev.sluice.testing;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.zip.GZIPInputStream;

/** Takes spans as an OpenTelemetry collector does, in OTLP's own encoding, and knows them afterwards. */
public final class TestCollector implements AutoCloseable {
    /** One span; attributes as text. */
    public record Span(
            String traceId,
            String spanId,
            String parentId,
            String name,
            long kind,
            Map<String, String> attributes,
            long status) {}

    private final HttpServer server;
    private final List<Span> spans = new CopyOnWriteArrayList<>();
    private final List<String> keys = new CopyOnWriteArrayList<>();
    private final List<String> bodies = new CopyOnWriteArrayList<>();

    private TestCollector(HttpServer server) {
        this.server = server;
    }

    public static TestCollector start() throws IOException {
        var server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        var collector = new TestCollector(server);
        server.createContext("/v1/traces", collector::take);
        server.start();
        return collector;
    }

    public String url() {
        return "http://127.0.0.1:" + server.getAddress().getPort();
    }

    public List<Span> spans() {
        return List.copyOf(spans);
    }

    /** The {@code x-collector-key}s that came. */
    public List<String> keys() {
        return List.copyOf(keys);
    }

    /** All that came, one byte a character. */
    public String bytes() {
        return String.join("\n", bodies);
    }

    private void take(HttpExchange exchange) throws IOException {
        try (exchange;
                var body = new GZIPInputStream(exchange.getRequestBody())) {
            var bytes = body.readAllBytes();
            keys.add(String.valueOf(exchange.getRequestHeaders().getFirst("x-collector-key")));
            bodies.add(new String(bytes, StandardCharsets.ISO_8859_1));
            for (var resource : fields(bytes, 1)) {
                for (var scope : fields(resource, 2)) {
                    fields(scope, 2).forEach(span -> spans.add(span(span)));
                }
            }
            exchange.getResponseHeaders().add("content-type", "application/x-protobuf");
            exchange.sendResponseHeaders(200, -1);
        }
    }

    private static Span span(byte[] bytes) {
        var attributes = new TreeMap<String, String>();
        for (var attribute : fields(bytes, 9)) {
            attributes.put(text(attribute, 1), value(fields(attribute, 2).getFirst()));
        }
        return new Span(
                hex(bytes, 1),
                hex(bytes, 2),
                hex(bytes, 4),
                text(bytes, 5),
                number(bytes, 6),
                attributes,
                fields(bytes, 15).stream()
                        .mapToLong(it -> number(it, 3))
                        .findFirst()
                        .orElse(0));
    }

    /** An AnyValue: text, truth, number or a list of texts. */
    private static String value(byte[] bytes) {
        if (!fields(bytes, 5).isEmpty()) {
            return fields(fields(bytes, 5).getFirst(), 1).stream()
                    .map(TestCollector::value)
                    .toList()
                    .toString();
        }
        return fields(bytes, 1).isEmpty() ? Long.toString(number(bytes, 3)) : text(bytes, 1);
    }

    private static String hex(byte[] message, int field) {
        return fields(message, field).stream()
                .map(HexFormat.of()::formatHex)
                .findFirst()
                .orElse("");
    }

    private static String text(byte[] message, int field) {
        return fields(message, field).stream()
                .map(it -> new String(it, StandardCharsets.UTF_8))
                .findFirst()
                .orElse("");
    }

    private static long number(byte[] message, int field) {
        return fields(message, field).stream()
                .mapToLong(
                        it -> ByteBuffer.wrap(it).order(ByteOrder.LITTLE_ENDIAN).getLong())
                .findFirst()
                .orElse(0);
    }

    /** What a protobuf message has under a number; numbers as eight bytes. */
    private static List<byte[]> fields(byte[] message, int wanted) {
        var found = new ArrayList<byte[]>();
        var in = ByteBuffer.wrap(message).order(ByteOrder.LITTLE_ENDIAN);
        while (in.hasRemaining()) {
            var key = varint(in);
            var bytes = switch ((int) (key & 7)) {
                case 0 -> eight(varint(in));
                case 1 -> eight(in.getLong());
                case 5 -> eight(in.getInt());
                case 2 -> {
                    var length = (int) varint(in);
                    in.position(in.position() + length);
                    yield Arrays.copyOfRange(message, in.position() - length, in.position());
                }
                default -> throw new AssertionError("wire type of " + key);
            };
            if (key >>> 3 == wanted) {
                found.add(bytes);
            }
        }
        return found;
    }

    private static byte[] eight(long number) {
        return ByteBuffer.allocate(8)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(number)
                .array();
    }

    private static long varint(ByteBuffer in) {
        var value = 0L;
        for (var shift = 0; ; shift += 7) {
            var next = in.get();
            value |= (next & 0x7FL) << shift;
            if (next >= 0) {
                return value;
            }
        }
    }

    @Override
    public void close() {
        server.stop(0);
    }
}
