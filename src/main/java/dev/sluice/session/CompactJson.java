package dev.sluice.session;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.databind.module.SimpleModule;
import dev.sluice.wire.Usage;

/**
 * Leaves out of exchanges what is not there, and out of usage what is zero: about a fifth of an event's bytes. Named in
 * {@code session.conf}; without it events are longer, and read the same.
 */
final class CompactJson extends SimpleModule {
    private static final long serialVersionUID = 1;

    @Override
    public void setupModule(SetupContext context) {
        super.setupModule(context);
        leaveOut(context, Exchange.class, JsonInclude.Include.NON_NULL);
        leaveOut(context, Exchange.Tool.class, JsonInclude.Include.NON_NULL);
        leaveOut(context, Exchange.Attempt.class, JsonInclude.Include.NON_NULL);
        leaveOut(context, ResponseLinked.class, JsonInclude.Include.NON_NULL);
        leaveOut(context, ResponseIndex.Snapshot.class, JsonInclude.Include.NON_NULL);
        leaveOut(context, Usage.class, JsonInclude.Include.NON_DEFAULT);
    }

    private static void leaveOut(SetupContext context, Class<?> type, JsonInclude.Include what) {
        context.configOverride(type).setInclude(JsonInclude.Value.construct(what, JsonInclude.Include.ALWAYS));
    }
}
