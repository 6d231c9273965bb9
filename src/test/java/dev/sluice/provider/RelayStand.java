package dev.sluice.provider;

import dev.sluice.cluster.NodeSystem;
import dev.sluice.config.ProviderRule;
import dev.sluice.config.Settings;
import dev.sluice.net.Loops;
import dev.sluice.testing.BareProvider;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.http.javadsl.model.ContentTypes;
import org.apache.pekko.http.javadsl.model.HttpRequest;
import org.apache.pekko.http.javadsl.model.HttpResponse;

/** The room by itself, on a clock that stands, before a provider that takes everything and notes how it came. */
final class RelayStand implements AutoCloseable {
    private final ActorSystem<Void> system;
    private final BareProvider provider;
    private final List<BareProvider.Request> requests = new CopyOnWriteArrayList<>();
    private volatile String answer = "200 OK";
    final SetClock clock = new SetClock();
    final Providers providers;

    private RelayStand() {
        var config = NodeSystem.config(null, Map.of("pekko.actor.provider", "local"));
        system = ActorSystem.create(Behaviors.empty(), "relay", config);
        Loops.start(system)
                .toCompletableFuture()
                .orTimeout(20, TimeUnit.SECONDS)
                .join();
        provider = BareProvider.start(this::answer);
        providers = Providers.start(system, Settings.of(config), clock, new Random(7));
    }

    static RelayStand start() {
        return new RelayStand();
    }

    ActorSystem<?> system() {
        return system;
    }

    String url() {
        return provider.url();
    }

    int port() {
        return provider.port();
    }

    /** From now on: a status line, and headers behind it if any. */
    void answers(String statusAndHeaders) {
        answer = statusAndHeaders;
    }

    List<BareProvider.Request> requests() {
        return requests;
    }

    /** The values that the last request had under a name. */
    List<String> seen(String name) {
        return values(requests.getLast(), name);
    }

    static List<String> values(BareProvider.Request request, String name) {
        return request.head()
                .lines()
                .filter(line -> line.regionMatches(true, 0, name + ":", 0, name.length() + 1))
                .map(line -> line.substring(name.length() + 1).strip())
                .toList();
    }

    static HttpRequest request(String path) {
        return HttpRequest.POST(path).withEntity(ContentTypes.APPLICATION_JSON, "{\"x\":\"é\"}");
    }

    CompletableFuture<HttpResponse> send(ProviderRule rule, HttpRequest request) {
        return providers.send(rule, request).toCompletableFuture();
    }

    HttpResponse ask(ProviderRule rule) throws Exception {
        return send(rule, request("/v1/x")).get(20, TimeUnit.SECONDS);
    }

    private void answer(BareProvider.Request request, InputStream in, OutputStream out) throws Exception {
        requests.add(request);
        out.write(("HTTP/1.1 " + answer + "\r\nContent-Length: 2\r\n\r\nok").getBytes(StandardCharsets.UTF_8));
    }

    @Override
    public void close() {
        provider.close();
        system.terminate();
        system.getWhenTerminated()
                .toCompletableFuture()
                .orTimeout(20, TimeUnit.SECONDS)
                .join();
    }
}
