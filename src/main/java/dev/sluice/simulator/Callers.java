package dev.sluice.simulator;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.stream.IntStream;

/**
 * Simulated callers: they ask a gateway in every main format, for documents and for streams, and put up with nothing but an answer.
 *
 * <p>Every provider behind the gateway must be a simulated one, and the gateway must know callers by their address.
 */
public final class Callers {
    private static final int CALLERS = 4;
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    /** What is asked; {@code MODEL} and {@code TEXT} stand for themselves. */
    private static final List<Ask> ASKS = List.of(
            Ask.of("/v1/chat/completions", """
                    {"model":"MODEL","max_tokens":200,"messages":[{"role":"user","content":"TEXT"}]}"""),
            Ask.of("/v1/chat/completions", """
                    {"model":"MODEL","max_tokens":200,"stream":true,"messages":[{"role":"user","content":"TEXT"}]}"""),
            Ask.of("/v1/responses", """
                    {"model":"MODEL","max_output_tokens":200,"input":"TEXT"}"""),
            Ask.of("/v1/responses", """
                    {"model":"MODEL","max_output_tokens":200,"stream":true,"input":"TEXT"}"""),
            Ask.of("/v1/messages", """
                    {"model":"MODEL","max_tokens":200,"messages":[{"role":"user","content":"TEXT"}]}"""),
            Ask.of("/v1/messages", """
                    {"model":"MODEL","max_tokens":200,"stream":true,"messages":[{"role":"user","content":"TEXT"}]}"""),
            Ask.of("/v1beta/models/MODEL:generateContent", """
                    {"contents":[{"role":"user","parts":[{"text":"TEXT"}]}]}"""),
            Ask.of("/v1beta/models/MODEL:streamGenerateContent?alt=sse", """
                    {"contents":[{"role":"user","parts":[{"text":"TEXT"}]}]}"""),
            Ask.of("/bedrock/model/MODEL/converse", """
                    {"messages":[{"role":"user","content":[{"text":"TEXT"}]}]}"""),
            Ask.of("/bedrock/model/MODEL/converse-stream", """
                    {"messages":[{"role":"user","content":[{"text":"TEXT"}]}]}"""),
            new Ask("GET", "/readyz", ""),
            new Ask("GET", "/v1/models", ""),
            new Ask("GET", "/api/quotas", ""),
            new Ask("GET", "/api/sessions", ""));

    private record Ask(String method, String path, String body) {
        static Ask of(String path, String body) {
            return new Ask("POST", path, body);
        }

        HttpRequest request(URI gateway, String model, String text) {
            return HttpRequest.newBuilder(gateway.resolve(path.replace("MODEL", model)))
                    .method(
                            method,
                            BodyPublishers.ofString(body.replace("MODEL", model).replace("TEXT", text)))
                    .header("Content-Type", "application/json")
                    .header("x-simulate", "events=20")
                    .timeout(PATIENCE)
                    .build();
        }
    }

    private final URI gateway;
    private final String model;

    public Callers(URI gateway, String model) {
        this.gateway = gateway;
        this.model = model;
    }

    /**
     * A few callers at a time ask everything, again and again; returns when they have.
     *
     * @return how many answers there were
     * @throws IOException when one was no success
     */
    public int ask(int rounds) throws IOException, InterruptedException {
        try (var http = HttpClient.newBuilder()
                        .version(HttpClient.Version.HTTP_1_1)
                        .connectTimeout(PATIENCE)
                        .build();
                var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            var callers = IntStream.range(0, CALLERS)
                    .mapToObj(caller -> (Callable<Integer>) () -> ask(http, rounds, "I am caller " + caller))
                    .toList();
            var answers = 0;
            for (var asked : threads.invokeAll(callers)) {
                switch (asked.state()) {
                    case SUCCESS -> answers += asked.resultNow();
                    default -> throw new IOException(asked.exceptionNow().getMessage(), asked.exceptionNow());
                }
            }
            return answers;
        }
    }

    private int ask(HttpClient http, int rounds, String text) throws IOException, InterruptedException {
        for (var round = 0; round < rounds; round++) {
            for (var ask : ASKS) {
                var answer = http.send(ask.request(gateway, model, text), BodyHandlers.ofString());
                if (answer.statusCode() != 200 || answer.body().isEmpty()) {
                    throw new IOException(
                            ask.path() + ": " + answer.statusCode() + " " + answer.body() + " (expected: 200)");
                }
            }
        }
        return rounds * ASKS.size();
    }
}
