package dev.sluice.identity;

import dev.sluice.config.IdentitySettings.Means;
import dev.sluice.config.Policy;
import dev.sluice.config.Settings;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What to think of a node's listening where it is to.
 *
 * <p>Nobody can reach a node on its own machine but programs there. Beyond it, a node where nobody can prove who they are could only ever
 * serve local programs, or whoever some proxy makes look like them; with grants for nobody in particular that is hardly what was meant.
 *
 * @param refusal  why it must not start; null when it may
 * @param warnings what its operator should know
 */
public record Exposure(@Nullable String refusal, List<String> warnings) {
    private static final Set<String> NOBODY_IN_PARTICULAR = Set.of("*", "(loopback)");

    public Exposure {
        warnings = List.copyOf(warnings);
    }

    /** Decides by settings and policy alone; no name is looked up, and one that is not localhost is taken to be elsewhere. */
    public static Exposure of(Settings settings, Policy policy) {
        var host = literal(settings.host());
        if (settings.host().equals("localhost") || AddressRange.isLoopback(host)) {
            return new Exposure(null, List.of());
        }
        var warnings = new ArrayList<String>();
        if (!settings.tls().isOn() && (host == null || !Tailnet.isTailnet(host))) {
            warnings.add(
                    "sluice.listen: " + settings.host()
                            + " is reached beyond this machine, and clients speak in the clear:"
                            + " credentials and prompts can be read on the way (expected: sluice.tls, or an address in a tailnet)");
        }
        if (settings.identity().order().stream().anyMatch(means -> proves(means, settings))) {
            return new Exposure(null, warnings);
        }
        var inParticular = policy.grants().stream()
                .flatMap(grant -> grant.src().stream())
                .filter(source -> !NOBODY_IN_PARTICULAR.contains(source))
                .findFirst();
        if (inParticular.isPresent()) {
            warnings.add("sluice.identity: nobody can prove to be \"" + inParticular.get()
                    + "\", for whom there is a grant (expected: keys, jwt, tailscale or serve-headers in sluice.identity.order, and"
                    + " configured)");
            return new Exposure(null, warnings);
        }
        return settings.identity().allowUnproven()
                ? new Exposure(null, warnings)
                : new Exposure(
                        "sluice.listen: " + settings.host()
                                + " is reached beyond this machine, but every grant is for \"*\" or"
                                + " \"(loopback)\" and nobody can prove who they are (expected: 127.0.0.1; or keys, jwt, tailscale or"
                                + " serve-headers in sluice.identity.order, and configured; or sluice.identity.allow-unproven = true)",
                        warnings);
    }

    private static boolean proves(Means means, Settings settings) {
        return switch (means) {
            case KEYS -> true;
            case JWT -> !settings.identity().issuers().isEmpty();
            case TAILSCALE -> settings.identity().tailscale().isOn();
            case SERVE_HEADERS -> !settings.trustedProxies().isEmpty();
            case LOOPBACK -> false;
        };
    }

    private static @Nullable InetAddress literal(String host) {
        try {
            return InetAddress.ofLiteral(host);
        } catch (IllegalArgumentException _) {
            return null;
        }
    }
}
