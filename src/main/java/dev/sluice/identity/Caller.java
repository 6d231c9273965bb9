package dev.sluice.identity;

import dev.sluice.config.GrantRule;
import java.util.List;

/**
 * Who is calling, proven.
 *
 * @param login    a person's login; for a tagged machine its tags, sorted, joined by commas; {@code (loopback)} for a
 *     local peer. Scopes sessions and per-user buckets.
 * @param node     stable id of the machine, empty when unknown
 * @param tags     sorted, for example {@code tag:ci}
 * @param groups   {@code group:x}, empty when nobody told
 * @param loopback true for a local peer: matches the source {@code (loopback)}
 * @param carried  grants that came with the identity (from the tailnet's policy), already addressed to this caller
 * @param restriction what the proof of identity takes away
 */
public record Caller(
        String login,
        String displayName,
        String node,
        List<String> tags,
        List<String> groups,
        boolean loopback,
        List<GrantRule> carried,
        Restriction restriction) {
    public Caller {
        if (login.isBlank()) {
            throw new IllegalArgumentException("caller: login is blank (expected: a login, tags or (loopback))");
        }
        tags = List.copyOf(tags);
        groups = List.copyOf(groups);
        carried = List.copyOf(carried);
    }

    /** One whom nothing restricts. */
    public Caller(
            String login,
            String displayName,
            String node,
            List<String> tags,
            List<String> groups,
            boolean loopback,
            List<GrantRule> carried) {
        this(login, displayName, node, tags, groups, loopback, carried, Restriction.NONE);
    }
}
