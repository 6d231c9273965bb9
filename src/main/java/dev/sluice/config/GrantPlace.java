package dev.sluice.config;

import java.util.ArrayList;
import java.util.List;

/**
 * Where a grant stands in the document. It is kept beside the rule and not in it: two grants that say the same are the same rule,
 * wherever they stand.
 *
 * @param path         as in {@code grants[2]}: counted as the document counts, whatever was left out before it
 * @param line         from 1; 0 when nobody knows
 * @param capabilities of each capability of the rule, in order
 */
public record GrantPlace(String path, int line, List<CapabilityPlace> capabilities) {
    public GrantPlace {
        capabilities = List.copyOf(capabilities);
    }

    /** Of a grant that was read whole: what stands first counts as 0. */
    public static GrantPlace of(String path, GrantRule rule) {
        var capabilities = new ArrayList<CapabilityPlace>();
        for (int i = 0; i < rule.capabilities().size(); i++) {
            capabilities.add(new CapabilityPlace(i, 0));
        }
        return new GrantPlace(path, 0, capabilities);
    }

    /** Of grants that nothing was left out of. */
    static List<GrantPlace> inOrder(List<GrantRule> grants) {
        var places = new ArrayList<GrantPlace>();
        for (int i = 0; i < grants.size(); i++) {
            places.add(of("grants[" + i + "]", grants.get(i)));
        }
        return places;
    }

    /**
     * Where a capability stands in its grant.
     *
     * @param index counted as the document counts
     * @param line  from 1; 0 when nobody knows
     */
    public record CapabilityPlace(int index, int line) {}
}
