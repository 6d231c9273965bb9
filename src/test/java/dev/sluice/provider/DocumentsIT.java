package dev.sluice.provider;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.testing.BareProvider;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DocumentsIT {
    private static final List<BareProvider.Request> seen = new CopyOnWriteArrayList<>();
    private static volatile String answer = "";
    private static RelayStand stand;
    private static BareProvider issuer;

    @BeforeAll
    static void start() {
        stand = RelayStand.start();
        issuer = BareProvider.start((request, in, out) -> {
            seen.add(request);
            out.write(answer.getBytes(StandardCharsets.US_ASCII));
            out.flush();
            if (answer.contains("close")) {
                throw new IllegalStateException("hangs up");
            }
        });
    }

    @AfterAll
    static void stop() {
        issuer.close();
        stand.close();
    }

    @Test
    void fetchesADocumentByPathAndQuery() {
        answer = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}";

        assertThat(fetch("/a%2Fb/keys?v=2&p=x")).isEqualTo("{}");

        var head = seen.getLast().head();
        assertThat(head).startsWith("GET /a%2Fb/keys?v=2&p=x HTTP/1.1\r\n");
        assertThat(head.lines().filter(line -> line.toLowerCase(Locale.ROOT).startsWith("host:")))
                .containsExactly("Host: 127.0.0.1:" + issuer.port());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\n{}",
                "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n",
                "HTTP/1.1 204 No Content\r\n\r\n",
                "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 100\r\n\r\n{}",
                "nonsense\r\nConnection: close\r\n\r\n",
            })
    void failsForWhatIsNone(String said) {
        answer = said;

        assertThat(failure("/keys")).hasMessageContaining("127.0.0.1:" + issuer.port());
    }

    @Test
    void takesNoMoreThanADocumentMayHave() {
        answer = "HTTP/1.1 200 OK\r\nContent-Length: 300000\r\n\r\n" + "x".repeat(300_000);

        assertThat(failure("/keys")).hasMessageEndingWith(" gave no whole answer");
    }

    @Test
    void failsWhereNobodyIs() {
        assertThat(failure(URI.create("http://127.0.0.1:1/keys"))).hasMessageStartingWith("http://127.0.0.1:1 ");
    }

    private static String fetch(String path) {
        var bytes = stand.providers
                .document(URI.create(issuer.url() + path))
                .toCompletableFuture()
                .orTimeout(20, TimeUnit.SECONDS)
                .join();
        return new String(bytes, StandardCharsets.US_ASCII);
    }

    private static UpstreamFailure failure(String path) {
        return failure(URI.create(issuer.url() + path));
    }

    private static UpstreamFailure failure(URI address) {
        try {
            stand.providers
                    .document(address)
                    .toCompletableFuture()
                    .orTimeout(20, TimeUnit.SECONDS)
                    .join();
        } catch (CompletionException e) {
            return (UpstreamFailure) Objects.requireNonNull(e.getCause());
        }
        throw new AssertionError("a document came");
    }
}
