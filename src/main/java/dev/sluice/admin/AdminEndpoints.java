package dev.sluice.admin;

import dev.sluice.audit.Audit;
import dev.sluice.capture.Captures;
import dev.sluice.gate.Endpoint;
import dev.sluice.hook.Hooks;
import dev.sluice.key.GatewayKeys;
import dev.sluice.policy.Policies;
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

    /**
     * All of them.
     *
     * @param others another face's, to be described with these
     */
    public static List<Endpoint> all(
            Policies policies,
            Quota quota,
            Ledger ledger,
            Captures captures,
            Providers providers,
            GatewayKeys keys,
            Audit audit,
            Hooks hooks,
            InstantSource clock,
            ActorSystem<?> system,
            List<Endpoint> others) {
        var described = Stream.of(
                        new QuotaEndpoints(quota, clock, system).endpoints(),
                        new SessionEndpoints(ledger, captures, system).endpoints(),
                        new ExchangeEndpoints(ledger, captures, system).endpoints(),
                        new UserEndpoints(ledger, system).endpoints(),
                        new UsageEndpoints(ledger, clock, system).endpoints(),
                        new LogEndpoints(ledger, captures, clock, system).endpoints(),
                        new LedgerEndpoints(ledger, system).endpoints(),
                        new AccessEndpoints().endpoints(),
                        new ProviderEndpoints(providers).endpoints(),
                        new ModelEndpoints(clock, system).endpoints(),
                        new PricingEndpoints(clock, system).endpoints(),
                        new KeyEndpoints(keys, clock, system).endpoints(),
                        new AuditEndpoints(audit, system).endpoints(),
                        new HookEndpoints(hooks, system).endpoints(),
                        new PolicyEndpoints(policies, system).endpoints(),
                        new MetricEndpoints(system).endpoints(),
                        new WhoamiEndpoints().endpoints(),
                        new SchemaEndpoints().endpoints(),
                        others)
                .flatMap(List::stream)
                .toList();
        return Stream.concat(described.stream(), new OpenApiEndpoints(described).endpoints().stream())
                .toList();
    }
}
