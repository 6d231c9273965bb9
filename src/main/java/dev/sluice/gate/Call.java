package dev.sluice.gate;

import dev.sluice.access.Role;
import dev.sluice.audit.Notes;
import dev.sluice.identity.Caller;
import dev.sluice.policy.InForce;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Map;
import org.apache.pekko.http.javadsl.model.HttpRequest;

/**
 * A request that was let in.
 *
 * @param caller     proven; {@link #ANYONE} where the endpoint needs nothing
 * @param rules      the policy that let it in; whatever else is decided for this request is decided by it, too
 * @param parameters the path's, by name, decoded; never empty, and with a slash only where the endpoint says so
 * @param notes      what the audit log is to say of it, if this call is in there
 */
public record Call(
        Caller caller,
        Role role,
        InForce rules,
        HttpRequest request,
        Map<String, String> parameters,
        InetSocketAddress peer,
        Notes notes) {

    /** A call that is not audited. */
    public Call(
            Caller caller,
            Role role,
            InForce rules,
            HttpRequest request,
            Map<String, String> parameters,
            InetSocketAddress peer) {
        this(caller, role, rules, request, parameters, peer, Notes.NONE);
    }

    /** Stands for a caller whom nobody asked who they are. Holds no role. */
    public static final Caller ANYONE = new Caller("(anyone)", "", "", List.of(), List.of(), false, List.of());

    /** For the audit log: what this call is about, for example which bucket. Never a secret. Forgotten where the call is not audited. */
    public void note(String key, String value) {
        notes.put(key, value);
    }

    /** A parameter that the endpoint's path names. */
    public String parameter(String name) {
        var value = parameters.get(name);
        if (value == null) {
            throw new IllegalArgumentException("no {" + name + "} in the endpoint's path");
        }
        return value;
    }
}
