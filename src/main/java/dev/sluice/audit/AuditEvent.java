package dev.sluice.audit;

import dev.sluice.audit.Audit.Entry;
import dev.sluice.audit.Audit.Outcome;
import dev.sluice.cluster.JsonSerializable;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What lies in the journal. */
sealed interface AuditEvent extends JsonSerializable {
    Action action();

    /** It is about to be done. */
    record Begun(Action action) implements AuditEvent {}

    /** It was done, or denied, which has no beginning. */
    record Ended(Action action, @Nullable Integer status, Outcome outcome, Map<String, String> notes)
            implements AuditEvent {
        static Ended of(Action action, int status, Map<String, String> notes) {
            return new Ended(action, status, outcome(status), notes);
        }

        /** Nobody said how, in all that time. */
        static Ended unknown(Action action) {
            return new Ended(action, null, Outcome.UNKNOWN, Map.of());
        }

        private static Outcome outcome(int status) {
            return status < 400 ? Outcome.DONE : status < 500 ? Outcome.REFUSED : Outcome.FAILED;
        }
    }

    default Entry entry(long number) {
        return switch (this) {
            case Begun(var action) -> entry(number, Ended.unknown(action));
            case Ended ended -> entry(number, ended);
        };
    }

    private static Entry entry(long number, Ended ended) {
        var action = ended.action();
        return new Entry(
                number,
                action.id(),
                action.at(),
                action.login(),
                action.node(),
                action.tags(),
                action.method(),
                action.path(),
                ended.status(),
                ended.outcome(),
                ended.notes());
    }
}
