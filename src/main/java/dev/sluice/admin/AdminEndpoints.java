package dev.sluice.admin;

import dev.sluice.access.Access;
import dev.sluice.gate.Endpoint;
import dev.sluice.quota.Quota;
import dev.sluice.routing.Router;
import dev.sluice.usage.Ledger;
import java.time.InstantSource;
import java.util.List;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.apache.pekko.actor.typed.ActorSystem;

/** The control plane's endpoints, for the gate. */
public final class AdminEndpoints {
    private AdminEndpoints() {}

    /**
     * All of them.
     *
     * @param access asked for with every request, as {@code router}, because the policy changes while the node runs
     */
    public static List<Endpoint> all(
            Quota quota,
            Ledger ledger,
            Supplier<Access> access,
            Supplier<Router> router,
            InstantSource clock,
            ActorSystem<?> system) {
        return Stream.of(
                        new QuotaEndpoints(quota, access, router, clock, system).endpoints(),
                        new SessionEndpoints(ledger, system).endpoints(),
                        new SchemaEndpoints().endpoints())
                .flatMap(List::stream)
                .toList();
    }
}
