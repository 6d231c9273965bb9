package dev.sluice.gate;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.http.javadsl.Http;
import org.apache.pekko.http.javadsl.ServerBinding;
import org.apache.pekko.http.javadsl.model.HttpMethods;
import org.apache.pekko.http.javadsl.model.HttpRequest;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.japi.function.Function;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Paths as they really come, through a server. */
class GateIT {
    private static final ActorTestKit kit = ActorTestKit.create();
    private static final Visitors visitors = new Visitors();
    private static ServerBinding server;

    @BeforeAll
    static void start() {
        var gate = new Gate(
                List.of(
                        new Endpoint(HttpMethods.GET, "/open", Needs.NOTHING, GateIT::ok),
                        new Endpoint(HttpMethods.GET, "/api/things", Needs.ROLE, GateIT::ok),
                        new Endpoint(HttpMethods.GET, "/api/things/{id}", Needs.ROLE, GateIT::ok)),
                visitors,
                visitors::rules,
                new FakeAudit(),
                kit.system(),
                new Random(1));
        server = Http.get(kit.system())
                .newServerAt("127.0.0.1", 0)
                .bind((Function<HttpRequest, CompletionStage<HttpResponse>>)
                        request -> gate.handle(Visitors.PEER, request))
                .toCompletableFuture()
                .join();
    }

    @AfterAll
    static void stop() {
        kit.shutdownTestKit();
    }

    /** The server itself folds dot segments and decodes letters; whatever it makes of a path is what is guarded. */
    @ParameterizedTest
    @CsvSource({
        "/open, 200",
        "/api/things, 403",
        "//api/things, 404",
        "/api//things, 404",
        "/api/things/, 404",
        "/api%2Fthings, 404",
        "/api/things/a%2Fb, 404",
        "/api/things/..%2Fb, 404",
        "/open/../api/things, 403",
        "/open/..%2fapi/things, 404",
        "/%61pi/things, 403",
        "/api/things/x, 403",
        "/API/things, 404",
        "http://elsewhere/api/things, 403",
    })
    void guardsEverySpellingOfAPath(String target, int status) throws IOException {
        assertThat(exchange("GET " + target)).startsWith("HTTP/1.1 " + status);
    }

    @Test
    void answersHeadWithoutABody() throws IOException {
        var response = exchange("HEAD /open");

        assertThat(response)
                .startsWith("HTTP/1.1 200")
                .contains("Content-Length: 5")
                .endsWith("\r\n\r\n");
    }

    private static String exchange(String start) throws IOException {
        try (var socket = new Socket()) {
            socket.connect(server.localAddress());
            socket.getOutputStream()
                    .write((start + " HTTP/1.1\r\nHost: elsewhere\r\nConnection: close\r\n\r\n")
                            .getBytes(StandardCharsets.US_ASCII));
            return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    private static CompletableFuture<HttpResponse> ok(Call call) {
        return CompletableFuture.completedFuture(HttpResponse.create().withEntity("hello"));
    }
}
