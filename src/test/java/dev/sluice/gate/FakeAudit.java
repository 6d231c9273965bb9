package dev.sluice.gate;

import dev.sluice.audit.Audit;
import dev.sluice.audit.Notes;
import dev.sluice.identity.Caller;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.Done;

/** An audit log in memory, which can be told to fail. Lists all it has on one page. */
public final class FakeAudit implements Audit {
    public static final Instant AT = Instant.parse("2026-11-21T12:00:00Z");

    /** What happened, in order: {@code begin root POST /x}, {@code end 200 {k=v}}, {@code denied alice GET /x}. */
    public final List<String> lines = new ArrayList<>();

    public final List<Entry> entries = new ArrayList<>();

    boolean failsToBegin;
    boolean failsToEnd;

    @Override
    public CompletionStage<Running> begin(Caller caller, String method, String path) {
        if (failsToBegin) {
            return CompletableFuture.failedFuture(new IllegalStateException("on purpose"));
        }
        lines.add("begin " + caller.login() + " " + method + " " + path);
        return CompletableFuture.completedFuture((status, notes) -> end(caller, method, path, status, notes));
    }

    private CompletionStage<Done> end(Caller caller, String method, String path, int status, Notes notes) {
        if (failsToEnd) {
            return CompletableFuture.failedFuture(new IllegalStateException("on purpose"));
        }
        lines.add("end " + status + " " + notes.values());
        add(caller, method, path, status, Outcome.DONE, notes.values());
        return CompletableFuture.completedFuture(Done.getInstance());
    }

    @Override
    public void denied(Caller caller, String method, String path, int status) {
        lines.add("denied " + caller.login() + " " + method + " " + path);
        add(caller, method, path, status, Outcome.DENIED, Map.of());
    }

    private void add(
            Caller caller, String method, String path, int status, Outcome outcome, Map<String, String> notes) {
        entries.addFirst(new Entry(
                entries.size() + 1,
                "a" + (entries.size() + 1),
                AT,
                caller.login(),
                caller.node(),
                caller.tags(),
                method,
                path,
                status,
                outcome,
                notes));
    }

    @Override
    public CompletionStage<Page> list(int limit, long before) {
        return CompletableFuture.completedFuture(new Page(List.copyOf(entries), null));
    }
}
