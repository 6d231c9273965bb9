package dev.sluice.admin;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.export.FakeExporter;
import dev.sluice.gate.Endpoint;
import dev.sluice.gate.FakeAudit;
import dev.sluice.gate.Gate;
import dev.sluice.gate.Needs;
import dev.sluice.gate.Visitors;
import java.time.InstantSource;
import java.util.Random;
import java.util.stream.Stream;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.http.javadsl.model.HttpRequest;
import org.apache.pekko.http.javadsl.model.headers.RawHeader;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every endpoint of the control plane, asked as nobody and as somebody without a role. */
class EveryRouteIsGuardedTest {
    private static final ActorTestKit kit = ActorTestKit.create();
    private static final Visitors visitors = new Visitors();
    private static final FakeAudit audit = new FakeAudit();
    private static final Gate gate = new Gate(
            AdminEndpoints.all(
                    new FakePolicies(),
                    new FakeQuota(),
                    new FakeLedger(),
                    new FakeCaptures(),
                    new FakeProviders(),
                    new FakeKeys(),
                    audit,
                    new FakeHooks(),
                    InstantSource.system(),
                    kit.system(),
                    new FakeExporter(kit.system()).endpoints()),
            visitors,
            visitors::rules,
            audit,
            kit.system(),
            new Random(1));

    @AfterAll
    static void stop() {
        kit.shutdownTestKit();
    }

    static Stream<Endpoint> endpoints() {
        return gate.endpoints().stream();
    }

    @ParameterizedTest
    @MethodSource("endpoints")
    void needsAnIdentifiedCallerWithARole(Endpoint endpoint) {
        var request = HttpRequest.create(endpoint.path().replaceAll("\\{\\+?\\w+}", "x"))
                .withMethod(endpoint.method());

        assertThat(endpoint.needs()).isNotEqualTo(Needs.NOTHING);
        assertThat(status(request)).isEqualTo(403);
        assertThat(status(request.addHeader(RawHeader.create(Visitors.HEADER, "nobody"))))
                .isEqualTo(403);
    }

    private static int status(HttpRequest request) {
        return gate.handle(Visitors.PEER, request)
                .toCompletableFuture()
                .join()
                .status()
                .intValue();
    }
}
