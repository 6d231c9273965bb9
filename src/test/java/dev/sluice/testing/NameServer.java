package dev.sluice.testing;

import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.SocketAddress;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * A name server (RFC 1035) on a UDP port of the loopback: knows A and SRV records that the test gives it, which may be kept for a second, and
 * says of all other names that there are none. As a cluster's own name server does, it adds the addresses of an SRV record's targets.
 */
public final class NameServer implements AutoCloseable {
    private static final int A = 1;
    private static final int SRV = 33;
    private static final int IN = 1;
    private static final int TTL_SECONDS = 1;
    /** Where the question's name stands in every message, as others refer to it. */
    private static final int QUESTION = 0xC000 | 12;

    private static final int AUTHORITATIVE_ANSWER = 0x8400;
    private static final int NAME_ERROR = 3;

    /** A service's place: a name that has addresses, and a port there. */
    public record Place(String target, int port) {}

    private record Question(int id, String name, int type) {}

    private final DatagramSocket socket;
    private final Map<String, List<InetAddress>> addresses = new ConcurrentHashMap<>();
    private final Map<String, List<Place>> services = new ConcurrentHashMap<>();
    private final List<String> asked = new CopyOnWriteArrayList<>();

    private NameServer(DatagramSocket socket) {
        this.socket = socket;
    }

    public static NameServer start() {
        try {
            var server = new NameServer(new DatagramSocket(0, InetAddress.getLoopbackAddress()));
            Thread.ofVirtual().start(server::serve);
            return server;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** What makes an actor system ask it, and nobody else: it has no search domains. */
    public Map<String, Object> settings() {
        return Map.of(
                "pekko.io.dns.async-dns.nameservers",
                List.of("127.0.0.1:" + socket.getLocalPort()),
                "pekko.io.dns.async-dns.search-domains",
                List.of());
    }

    /** A name has these A records from now on, and no others. */
    public NameServer addresses(String name, String... literals) {
        var all = new ArrayList<InetAddress>();
        for (var literal : literals) {
            all.add(InetAddress.ofLiteral(literal));
        }
        addresses.put(name, all);
        return this;
    }

    /** A name ({@code _PORT._tcp.SERVICE}) has these SRV records from now on, and no others. */
    public NameServer service(String name, Place... places) {
        services.put(name, List.of(places));
        return this;
    }

    /** Names that were asked for, each as often as it was, with the type of record: {@code A gateway.test}. */
    public List<String> asked() {
        return List.copyOf(asked);
    }

    private void serve() {
        var buffer = new byte[512];
        while (!socket.isClosed()) {
            var packet = new DatagramPacket(buffer, buffer.length);
            try {
                socket.receive(packet);
                answer(question(packet), packet.getSocketAddress());
            } catch (IOException e) {
                if (!socket.isClosed()) {
                    throw new UncheckedIOException(e);
                }
            }
        }
    }

    private static Question question(DatagramPacket packet) {
        var bytes = ByteBuffer.wrap(packet.getData(), 0, packet.getLength());
        var id = bytes.getShort() & 0xFFFF;
        bytes.position(12);
        var labels = new ArrayList<String>();
        for (int length = bytes.get(); length > 0; length = bytes.get()) {
            var label = new byte[length];
            bytes.get(label);
            labels.add(new String(label, StandardCharsets.US_ASCII));
        }
        var type = bytes.getShort() & 0xFFFF;
        return new Question(id, String.join(".", labels), type);
    }

    private void answer(Question question, SocketAddress asker) throws IOException {
        var name = question.name();
        asked.add(type(question.type()) + " " + name);
        var hosts = question.type() == A ? addresses.getOrDefault(name, List.of()) : List.<InetAddress>of();
        var places = question.type() == SRV ? services.getOrDefault(name, List.of()) : List.<Place>of();
        var known = addresses.containsKey(name) || services.containsKey(name);
        var targets = places.stream()
                .map(Place::target)
                .distinct()
                .mapToInt(target -> addressesOf(target).size())
                .sum();

        var bytes = new ByteArrayOutputStream();
        var out = new DataOutputStream(bytes);
        out.writeShort(question.id());
        out.writeShort(AUTHORITATIVE_ANSWER | (known ? 0 : NAME_ERROR));
        out.writeShort(1);
        out.writeShort(hosts.size() + places.size());
        out.writeShort(0);
        out.writeShort(targets);
        out.write(encoded(name));
        out.writeShort(question.type());
        out.writeShort(IN);
        for (var host : hosts) {
            out.writeShort(QUESTION);
            record(out, A, host.getAddress());
        }
        for (var place : places) {
            out.writeShort(QUESTION);
            record(out, SRV, data(place));
        }
        for (var target : places.stream().map(Place::target).distinct().toList()) {
            for (var host : addressesOf(target)) {
                out.write(encoded(target));
                record(out, A, host.getAddress());
            }
        }
        var message = bytes.toByteArray();
        socket.send(new DatagramPacket(message, message.length, asker));
    }

    private Collection<InetAddress> addressesOf(String name) {
        return addresses.getOrDefault(name, List.of());
    }

    private static String type(int type) {
        return switch (type) {
            case A -> "A";
            case 28 -> "AAAA";
            case SRV -> "SRV";
            default -> "TYPE" + type;
        };
    }

    /** What follows a record's name. */
    private static void record(DataOutputStream out, int type, byte[] data) throws IOException {
        out.writeShort(type);
        out.writeShort(IN);
        out.writeInt(TTL_SECONDS);
        out.writeShort(data.length);
        out.write(data);
    }

    private static byte[] data(Place place) throws IOException {
        var bytes = new ByteArrayOutputStream();
        var out = new DataOutputStream(bytes);
        out.writeShort(0); // priority
        out.writeShort(100); // weight
        out.writeShort(place.port());
        out.write(encoded(place.target()));
        return bytes.toByteArray();
    }

    private static byte[] encoded(String name) {
        var bytes = new ByteArrayOutputStream();
        for (var label : name.split("\\.", -1)) {
            bytes.write(label.length());
            bytes.writeBytes(label.getBytes(StandardCharsets.US_ASCII));
        }
        bytes.write(0);
        return bytes.toByteArray();
    }

    @Override
    public void close() {
        socket.close();
    }
}
