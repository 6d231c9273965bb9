package dev.sluice.gate;

import dev.sluice.access.Access;
import dev.sluice.access.Explanation;
import dev.sluice.access.Permit;
import dev.sluice.access.Role;
import dev.sluice.config.Policy;
import dev.sluice.identity.Caller;
import dev.sluice.identity.Identified;
import dev.sluice.identity.Identity;
import dev.sluice.policy.InForce;
import dev.sluice.pricing.PriceBook;
import dev.sluice.routing.Router;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.http.javadsl.model.HttpRequest;

/** People at the gate: a header says who they are and their login says what; nobody, without it. */
public final class Visitors implements Identity, Access {
    public static final String HEADER = "visitor";
    public static final InetSocketAddress PEER = new InetSocketAddress(InetAddress.getLoopbackAddress(), 4711);

    private static final Policy NOTHING = new Policy(Map.of(), List.of(), Map.of(), false, Map.of(), Map.of());
    private static final PriceBook PRICES = PriceBook.of(NOTHING);

    @Override
    public CompletionStage<Optional<Identified>> identify(InetSocketAddress peer, HttpRequest request) {
        return CompletableFuture.completedFuture(
                request.getHeader(HEADER).map(header -> Identified.of(caller(header.value()))));
    }

    public static Caller caller(String login) {
        return new Caller(login, login, "", List.of(), List.of(), false, List.of());
    }

    @Override
    public Set<String> headers() {
        return Set.of(HEADER);
    }

    /** {@code root} is an administrator, {@code nobody} has no role, everybody else is a user. */
    @Override
    public Role role(Caller caller) {
        return switch (caller.login()) {
            case "root" -> Role.ADMIN;
            case "nobody" -> Role.NONE;
            default -> Role.USER;
        };
    }

    /** Their access, and no models. */
    public InForce rules() {
        return under(this, Router.of(NOTHING));
    }

    /** A policy of which only this much matters. */
    public static InForce under(Access access, Router router) {
        return new InForce(NOTHING, access, router, PRICES);
    }

    @Override
    public Optional<Permit> permit(Caller caller, String provider, String model) {
        return Optional.empty();
    }

    @Override
    public boolean readsPricing(Caller caller) {
        return false;
    }

    @Override
    public boolean readsMetrics(Caller caller) {
        return false;
    }

    @Override
    public Explanation explain(Caller caller) {
        return Access.of(NOTHING, InstantSource.system()).explain(caller);
    }
}
