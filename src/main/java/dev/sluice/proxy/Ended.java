package dev.sluice.proxy;

import dev.sluice.access.Permit;
import dev.sluice.capture.Transcript;
import dev.sluice.policy.InForce;
import dev.sluice.session.Exchange;
import dev.sluice.wire.ToolCall;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A request that has ended, and all that whoever looks at it afterwards may want to know.
 *
 * @param rules      the policy it came under
 * @param permit     of the last attempt; null when none was made
 * @param tools      with their arguments
 * @param transcript null when nothing was said
 */
record Ended(
        Exchange exchange,
        InForce rules,
        @Nullable Permit permit,
        List<ToolCall> tools,
        @Nullable Transcript transcript) {

    /** Whether the policy has this model by its name, and not only by a pattern that it matches. */
    boolean lists(String provider, String model) {
        var rule = rules.policy().providers().get(provider);
        return rule != null && rule.models().contains(model);
    }
}
