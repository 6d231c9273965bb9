package dev.sluice.admin;

import dev.sluice.gate.Endpoint;
import dev.sluice.provider.Providers;
import dev.sluice.quota.Quota;
import dev.sluice.usage.Ledger;
import java.time.InstantSource;
import java.util.List;
import java.util.stream.Stream;
import org.apache.pekko.actor.typed.ActorSystem;

/** The control plane's endpoints, for the gate. */
public final class AdminEndpoints {
    private AdminEndpoints() {}

    /** All of them. */
    public static List<Endpoint> all(
            Quota quota, Ledger ledger, Providers providers, InstantSource clock, ActorSystem<?> system) {
        return Stream.of(
                        new QuotaEndpoints(quota, clock, system).endpoints(),
                        new SessionEndpoints(ledger, system).endpoints(),
                        new SchemaEndpoints().endpoints(),
                        new AccessEndpoints().endpoints(),
                        new ProviderEndpoints(providers).endpoints(),
                        new ModelEndpoints(clock, system).endpoints(),
                        new PricingEndpoints(clock, system).endpoints(),
                        new UserEndpoints(ledger, system).endpoints())
                .flatMap(List::stream)
                .toList();
    }
}
