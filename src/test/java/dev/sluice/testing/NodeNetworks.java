package dev.sluice.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * A network namespace a node, each with two cards: one on a bridge where clients, providers and the database are, one on a bridge where only
 * the other nodes are, so that nodes can be cut from each other while all else goes on. Where this is not allowed (it takes root on Linux and
 * {@code ip} of iproute2), all nodes are on the loopback, and nothing can be cut.
 */
public final class NodeNetworks implements AutoCloseable {
    // 198.18.0.0/15 is for tests of networks (RFC 2544), so no machine's own network should be there.
    private static final String OUTSIDE = "198.18.";
    private static final String BETWEEN = "198.19.";

    private final int nodes;
    private final String name;
    private final long number;
    private final boolean separate;

    private NodeNetworks(int nodes, boolean separate) {
        // Other processes of this kind may run on the machine.
        var pid = ProcessHandle.current().pid();
        this.nodes = nodes;
        this.name = "sl" + pid % 1_000_000;
        this.number = pid % 250;
        this.separate = separate;
    }

    /** Makes them, or finds that it may not. */
    public static NodeNetworks open(int nodes) {
        var networks = new NodeNetworks(nodes, true);
        try {
            networks.make();
            // They outlive the process that made them.
            Runtime.getRuntime().addShutdownHook(new Thread(networks::close, "networks-end"));
            return networks;
        } catch (IOException e) {
            networks.close();
            System.out.println("No network namespaces here, so nodes are not cut from each other: " + e.getMessage());
            return new NodeNetworks(nodes, false);
        }
    }

    private void make() throws IOException {
        bridge("o");
        bridge("b");
        ip("addr add " + outside() + "/24 dev " + name + "o");
        for (var node = 0; node < nodes; node++) {
            ip("netns add " + namespace(node));
            inside(node, "link set dev lo up");
            card(node, "o", address(node));
            card(node, "b", peer(node));
        }
    }

    private void bridge(String kind) throws IOException {
        ip("link add " + name + kind + " type bridge");
        ip("link set dev " + name + kind + " up");
    }

    private void card(int node, String kind, String address) throws IOException {
        ip("link add " + name + kind + node + " type veth peer name " + kind + " netns " + namespace(node));
        ip("link set dev " + name + kind + node + " master " + name + kind + " up");
        inside(node, "addr add " + address + "/24 dev " + kind);
        inside(node, "link set dev " + kind + " up");
    }

    private String namespace(int node) {
        return name + "n" + node;
    }

    private void inside(int node, String command) throws IOException {
        ip("-n " + namespace(node) + " " + command);
    }

    private static void ip(String command) throws IOException {
        var words = new ArrayList<>(List.of("ip"));
        words.addAll(List.of(command.split(" ")));
        var process = new ProcessBuilder(words).redirectErrorStream(true).start();
        try (var out = process.getInputStream()) {
            var said = new String(out.readAllBytes(), StandardCharsets.UTF_8);
            if (!process.waitFor(10, TimeUnit.SECONDS) || process.exitValue() != 0) {
                throw new IOException("ip " + command + ": " + said.strip());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException(e);
        }
    }

    public boolean canCut() {
        return separate;
    }

    /** This process, as the nodes see it. */
    public String outside() {
        return separate ? OUTSIDE + number + ".1" : "127.0.0.1";
    }

    /** A node, as clients see it. */
    public String address(int node) {
        return separate ? OUTSIDE + number + "." + (2 + node) : "127.0.0.1";
    }

    /** A node, as other nodes see it. */
    public String peer(int node) {
        return separate ? BETWEEN + number + "." + (2 + node) : "127.0.0.1";
    }

    /** What a node's command begins with. */
    public List<String> entering(int node) {
        return separate ? List.of("ip", "netns", "exec", namespace(node)) : List.of();
    }

    /** No other node hears this one any more, nor it them. */
    public void cut(int node) {
        set(node, "down");
    }

    /** After {@link #cut}. */
    public void mend(int node) {
        set(node, "up");
    }

    private void set(int node, String state) {
        try {
            ip("link set dev " + name + "b" + node + " " + state);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() {
        if (!separate) {
            return;
        }
        for (var node = 0; node < nodes; node++) {
            // The cards go with it, once its last process has ended.
            quietly("netns del " + namespace(node));
            quietly("link del " + name + "o" + node);
            quietly("link del " + name + "b" + node);
        }
        quietly("link del " + name + "o");
        quietly("link del " + name + "b");
    }

    private static void quietly(String command) {
        try {
            ip(command);
        } catch (IOException e) {
            // It was not made, or went with its namespace.
        }
    }
}
