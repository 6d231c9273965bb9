package dev.sluice.hook;

import com.sun.management.OperatingSystemMXBean;
import com.typesafe.config.ConfigFactory;
import dev.sluice.access.Permit;
import dev.sluice.capture.Transcripts;
import dev.sluice.config.DatabaseRule;
import dev.sluice.config.GrantRule.HookDatum;
import dev.sluice.config.GrantRule.HookEvent;
import dev.sluice.config.HookRule;
import dev.sluice.config.ProviderRule.Authorization;
import dev.sluice.config.Secret;
import dev.sluice.identity.Caller;
import dev.sluice.journal.TestStorage;
import dev.sluice.session.Exchange;
import dev.sluice.wire.Usage;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.pekko.Done;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.http.javadsl.model.HttpRequest;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.http.javadsl.model.StatusCodes;
import org.apache.pekko.stream.SystemMaterializer;
import org.apache.pekko.util.ByteString;

/**
 * What telling one hook of one unary request costs: letter, queue, delivery and clearing up, without the call itself. Not a test.
 *
 * <p>Arguments: requests a second, bytes of a request's body, seconds.
 */
final class HookBenchmark {
    private HookBenchmark() {}

    @SuppressWarnings({"SystemOut", "ThreadSleep"}) // A program for a person at a terminal.
    public static void main(String[] args) throws Exception {
        var pace = Integer.parseInt(args[0]);
        var seconds = Integer.parseInt(args[2]);
        var directory = Files.createTempDirectory("hook-benchmark");
        var system = ActorSystem.<Void>create(
                Behaviors.empty(),
                "benchmark",
                TestStorage.config(directory)
                        .withFallback(ConfigFactory.parseResources("sluice.conf"))
                        .resolve());
        var clock = InstantSource.system();
        var tallies = new Tallies(clock);
        var database = SqliteLetters.open(system);
        var calls = new AtomicLong();
        var client = new HookClient(
                (address, request) -> {
                    calls.incrementAndGet();
                    return CompletableFuture.completedFuture(
                            HttpResponse.create().withStatus(StatusCodes.NO_CONTENT));
                },
                clock,
                SystemMaterializer.get(system).materializer());
        var settings = HookSettings.of(system.settings().config());
        var rule = new HookRule(
                "audit",
                "http://hook",
                Secret.of(""),
                Authorization.BEARER,
                Duration.ofSeconds(5),
                false,
                false,
                0,
                Secret.of("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"));
        var policy = dev.sluice.config.PolicyDocument.read("{\"hooks\": {\"audit\": {\"url\": \"http://hook\"}}}")
                .policy();
        var outbox = new Outbox(8, 100_000, 1 << 30, new Backoff(1_000, 60_000, new Random(1)));
        var postman = system.systemActorOf(
                Postman.create(new Postman.Surroundings(
                        database,
                        client,
                        tallies,
                        () -> java.util.Objects.requireNonNull(policy),
                        clock,
                        outbox,
                        settings)),
                "postman",
                org.apache.pekko.actor.typed.DispatcherSelector.fromConfig("sluice.hook-dispatcher"));
        var scribe = system.systemActorOf(
                Scribe.create(database, postman, () -> "", clock, 0),
                "scribe",
                org.apache.pekko.actor.typed.DispatcherSelector.fromConfig("sluice.hook-dispatcher"));
        var permit = permit(rule);
        var body = ("{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\""
                        + "x".repeat(Integer.parseInt(args[1])) + "\"}]}")
                .getBytes(StandardCharsets.UTF_8);
        var answer = ByteString.fromString("{\"id\":\"1\",\"choices\":[]}");
        var transcripts = new Transcripts(1 << 28);
        var began = 0L;
        var cpu = 0L;
        for (var second = 0; second < 10 + seconds; second++) {
            if (second == 10) {
                began = calls.get();
                cpu = cpuNanos();
            }
            for (var slice = 0; slice < 100; slice++) {
                for (var i = 0; i < pace / 100; i++) {
                    var transcript = transcripts.begin(HttpRequest.POST("/v1/chat/completions"), body);
                    transcript.add(answer);
                    var done = new CompletableFuture<Done>();
                    var _ = done.thenAccept(_ -> transcript.free());
                    scribe.tell(new Scribe.Write(
                            new Hooks.Ended(
                                    exchange(second + "-" + slice + "-" + i),
                                    permit,
                                    List.of(),
                                    transcript,
                                    DatabaseRule.USUAL),
                            List.of(),
                            done));
                }
                Thread.sleep(10);
            }
        }
        var told = calls.get() - began;
        System.out.printf(
                "%s: %,d told, %.1f us CPU each%n", String.join(" ", args), told, (cpuNanos() - cpu) / 1000.0 / told);
        system.terminate();
        TestStorage.await(system.getWhenTerminated());
    }

    private static Permit permit(HookRule rule) {
        var caller = new Caller("alice@example.com", "Alice", "", List.of(), List.of(), false, List.of());
        var hook = new Permit.Hook(
                "audit",
                rule,
                Set.of(HookEvent.ENTIRE_REQUEST),
                Set.of(HookDatum.REQUEST_BODY, HookDatum.ESTIMATED_COST));
        return new Permit(caller, "p", "m", List.of(), List.of(), List.of(hook), Map.of());
    }

    private static Exchange exchange(String id) {
        return new Exchange(
                "req_" + id,
                "oacc_1",
                "alice@example.com",
                "",
                List.of(),
                "p",
                "m",
                "m",
                "openai_chat",
                "/v1/chat/completions",
                "POST",
                200,
                "curl",
                false,
                Instant.EPOCH,
                1,
                2,
                Usage.ofText(10, 20),
                1_000L,
                "openai/m",
                List.of(),
                "stop",
                Exchange.Outcome.COMPLETED,
                null,
                false,
                100,
                100,
                List.of(),
                null,
                null);
    }

    private static long cpuNanos() {
        return ((OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean()).getProcessCpuTime();
    }
}
