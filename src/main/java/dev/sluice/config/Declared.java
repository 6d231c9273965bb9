package dev.sluice.config;

import java.util.Set;
import java.util.stream.Stream;

/**
 * Names that a grant may refer to, whatever is wrong with what they name.
 *
 * @param servers       of MCP servers and connectors
 * @param registrations whether MCP servers may register themselves, which are then called {@code auto1} and so on
 * @param labels        of connectors
 */
record Declared(
        Set<String> providers,
        Set<String> quotas,
        Set<String> hooks,
        Set<String> servers,
        boolean registrations,
        Set<String> labels) {
    /** Takes in what the gateway itself offers. */
    static final String SYSTEM = "system";

    boolean hasProvider(String glob) {
        return isAny(glob) || matchesOne(glob, providers.stream());
    }

    boolean hasServer(String glob) {
        return isAny(glob)
                || (registrations && glob.startsWith("auto"))
                || matchesOne(glob, Stream.concat(servers.stream(), ConnectorRule.RESERVED.stream()));
    }

    boolean hasLabel(String label) {
        return label.equals(SYSTEM) || labels.contains(label);
    }

    private static boolean isAny(String glob) {
        return glob.equals("*") || glob.equals("**");
    }

    private static boolean matchesOne(String glob, Stream<String> names) {
        return names.anyMatch(Glob.of(glob)::matches);
    }
}
