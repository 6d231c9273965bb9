package dev.sluice.audit;

import dev.sluice.audit.AuditEvent.Begun;
import dev.sluice.audit.AuditEvent.Ended;
import dev.sluice.cluster.JsonSerializable;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/**
 * What has begun and not ended, the oldest first.
 *
 * @param open what a crash leaves here is ended as unknown when its time is over, or when it is in the way
 */
record AuditState(List<Action> open) implements JsonSerializable {
    /** Far more than administrators do at one time. */
    static final int OPEN_MAX = 1000;

    /** No action takes so long: its body is small and must come within seconds. */
    static final Duration LONGEST = Duration.ofHours(1);

    AuditState {
        open = List.copyOf(open);
    }

    AuditState apply(AuditEvent event) {
        var id = event.action().id();
        var next = new ArrayList<>(open);
        next.removeIf(action -> action.id().equals(id));
        switch (event) {
            case Begun(var action) -> next.add(action);
            case Ended ended -> {}
        }
        return new AuditState(next);
    }

    boolean isOpen(String id) {
        return open.stream().anyMatch(action -> action.id().equals(id));
    }

    /** Those that nobody will end, when another one is about to begin. */
    List<Action> abandoned(Instant now) {
        var tooMany = Math.max(0, open.size() + 1 - OPEN_MAX);
        var abandoned = new ArrayList<>(open.subList(0, tooMany));
        open.stream()
                .skip(tooMany)
                .filter(action -> action.at().plus(LONGEST).isBefore(now))
                .forEach(abandoned::add);
        return abandoned;
    }
}
