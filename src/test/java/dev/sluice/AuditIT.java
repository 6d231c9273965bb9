package dev.sluice;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.sluice.testing.AdminApi;
import dev.sluice.testing.Eventually;
import dev.sluice.testing.SluiceProcess;
import dev.sluice.testing.TestGateway;
import java.io.IOException;
import java.math.BigDecimal;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.DriverManager;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicLong;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The audit log of a whole gateway, which is ended in every way. */
class AuditIT {
    private static final Duration SOON = Duration.ofSeconds(30);
    private static final Pattern REFILLED = Pattern.compile("\"refilled\",\"nanos\":(\\d+)");
    private static final int ADMINISTRATORS = 4;
    private static final int ENOUGH = 25;

    @TempDir
    private Path directory;

    /** Kill -9 while administrators add money: no money came that the log does not know of, and no answer that it does not. */
    @Test
    void nothingHappensWithoutATraceHoweverTheGatewayDies() throws Exception {
        Files.writeString(directory.resolve("policy.hujson"), policy());
        Files.writeString(directory.resolve("node.conf"), "sluice.trusted-proxies = [\"127.0.0.1\"]\n");
        var answered = dieUnderRefills();

        Set<Long> done;
        List<JsonNode> actions;
        try (var gateway = gateway();
                var admin = new AdminApi(gateway.node().address())) {
            actions = actions(admin);
            assertThat(actions.subList(actions.size() - 2, actions.size()))
                    .extracting(AuditIT::line)
                    .containsExactlyInAnyOrder(
                            "user@example.com POST /api/quotas/refill 403 denied {}",
                            "(loopback) POST /api/quotas/refill 400 refused {}");
            actions = actions.subList(0, actions.size() - 2);
            done = actions.stream()
                    .filter(it -> it.path("outcome").asText().equals("done"))
                    .map(it -> nanos(it.path("notes").path("amount").asText()))
                    .collect(Collectors.toSet());
        }
        var unknown = actions.stream()
                .filter(it -> it.path("outcome").asText().equals("unknown"))
                .count();
        var happened = refilled();
        assertThat(done).hasSize(actions.size() - (int) unknown).containsAll(answered);
        assertThat(happened).containsAll(done);
        happened.removeAll(done);
        assertThat((long) happened.size()).isLessThanOrEqualTo(unknown);
        assertThat(unknown).isLessThanOrEqualTo(ADMINISTRATORS);
    }

    private Set<Long> dieUnderRefills() throws Exception {
        var answered = ConcurrentHashMap.<Long>newKeySet();
        var enough = new CountDownLatch(ENOUGH);
        try (var gateway = SluiceProcess.start(
                        directory,
                        "serve",
                        "--config",
                        "policy.hujson",
                        "--settings",
                        "node.conf",
                        "--data",
                        directory.toString(),
                        "--listen",
                        "127.0.0.1:0");
                var client = HttpClient.newHttpClient()) {
            var address = gateway.awaitAddress();
            define(client, address);
            refuse(client, address);
            var amount = new AtomicLong();
            var administrators = new ArrayList<Thread>();
            for (var i = 0; i < ADMINISTRATORS; i++) {
                administrators.add(
                        Thread.ofVirtual().start(() -> refillUntilItDies(client, address, amount, answered, enough)));
            }
            enough.await();
            gateway.kill();
            for (var administrator : administrators) {
                administrator.join();
            }
        }
        return answered;
    }

    private static void refillUntilItDies(
            HttpClient client,
            InetSocketAddress address,
            AtomicLong amount,
            Set<Long> answered,
            CountDownLatch enough) {
        try {
            while (true) {
                var nanos = amount.incrementAndGet();
                assertThat(refill(client, address, nanos)).isEqualTo(200);
                answered.add(nanos);
                enough.countDown();
            }
        } catch (IOException | InterruptedException e) {
            // It died.
        }
    }

    private TestGateway gateway() throws Exception {
        return TestGateway.start(directory, policy());
    }

    private static String policy() {
        return TestGateway.policy("http://127.0.0.1:1");
    }

    /** A bucket is there once somebody was charged to it. */
    private static void define(HttpClient client, InetSocketAddress address) throws Exception {
        send(client, address, "/v1/chat/completions", "{\"model\":\"test-gpt\",\"max_tokens\":1,\"messages\":[]}");
    }

    /** The last two are no actions: somebody is denied, and somebody says nothing that could be done. */
    private static void refuse(HttpClient client, InetSocketAddress address) throws Exception {
        assertThat(send(
                        client,
                        address,
                        "/api/quotas/refill?secret=1",
                        "{}",
                        "Tailscale-User-Login",
                        "user@example.com"))
                .isEqualTo(403);
        assertThat(send(client, address, "/api/quotas/refill", "{}")).isEqualTo(400);
        try (var admin = new AdminApi(address)) {
            Eventually.await(SOON, () -> assertThat(actions(admin)).hasSize(2));
        }
    }

    private static String line(JsonNode action) {
        return action.path("login").asText() + " " + action.path("method").asText() + " "
                + action.path("path").asText() + " " + action.path("status").asInt() + " "
                + action.path("outcome").asText() + " " + action.path("notes");
    }

    private static int refill(HttpClient client, InetSocketAddress address, long nanos)
            throws IOException, InterruptedException {
        return send(
                client,
                address,
                "/api/quotas/refill",
                "{\"bucket\":\"pool\",\"amount\":\"%d.%09d\"}".formatted(nanos / 1_000_000_000, nanos % 1_000_000_000));
    }

    private static int send(HttpClient client, InetSocketAddress address, String path, String body, String... headers)
            throws IOException, InterruptedException {
        var request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + address.getPort() + path))
                .header("Content-Type", "application/json")
                .timeout(SOON)
                .POST(BodyPublishers.ofString(body));
        if (headers.length > 0) {
            request.headers(headers);
        }
        return client.send(request.build(), BodyHandlers.discarding()).statusCode();
    }

    private static List<JsonNode> actions(AdminApi admin) throws Exception {
        var actions = new ArrayList<JsonNode>();
        var before = "";
        do {
            var page = admin.get("/api/audit?limit=7" + before);
            page.path("actions").forEach(actions::add);
            before = page.path("next_before").isNumber() ? "&before=" + page.path("next_before") : null;
        } while (before != null);
        return actions;
    }

    private static long nanos(String dollars) {
        return new BigDecimal(dollars.substring(1)).movePointRight(9).longValueExact();
    }

    /** What the bucket's own journal says. */
    private Set<Long> refilled() throws Exception {
        var amounts = new HashSet<Long>();
        try (var journal = DriverManager.getConnection("jdbc:sqlite:" + directory.resolve("sluice.db"));
                var statement = journal.createStatement();
                var rows = statement.executeQuery("SELECT payload FROM event")) {
            while (rows.next()) {
                var found = REFILLED.matcher(new String(rows.getBytes(1), StandardCharsets.UTF_8));
                while (found.find()) {
                    amounts.add(Long.parseLong(found.group(1)));
                }
            }
        }
        return amounts;
    }
}
