package dev.sluice.admin;

import dev.sluice.config.HookRule;
import dev.sluice.gate.Call;
import dev.sluice.gate.Doc;
import dev.sluice.gate.Endpoint;
import dev.sluice.gate.Needs;
import dev.sluice.hook.Hooks;
import java.util.List;
import java.util.TreeMap;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.http.javadsl.model.HttpMethods;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.jspecify.annotations.Nullable;

/** {@code GET /api/hooks}: how hooks do, and what could not be delivered to them. */
record HookEndpoints(Hooks hooks, ActorSystem<?> system) {
    private static final int DEAD_LETTERS = 50;

    private record HookList(List<Hook> hooks, List<DeadLetter> deadLetters) {}

    /** {@code state} is enabled, disabled or undefined: one that the policy does not name may have deliveries left. */
    private record Hook(
            String name,
            String state,
            long queued,
            long queuedBytes,
            long delivered,
            long deadLetters,
            long failedAttempts,
            @Nullable String lastError,
            @Nullable String lastErrorAt,
            long allowed,
            long modified,
            long blocked,
            long failedOpen,
            long failedClosed,
            long askedMillis) {
        static Hook of(Hooks.Status it, @Nullable HookRule rule) {
            var asked = it.asked();
            return new Hook(
                    it.hook(),
                    rule == null ? "undefined" : rule.disabled() ? "disabled" : "enabled",
                    it.queued(),
                    it.queuedBytes(),
                    it.delivered(),
                    it.deadLetters(),
                    it.failedAttempts(),
                    it.lastError(),
                    it.lastErrorAt() == null ? null : it.lastErrorAt().toString(),
                    asked.allowed(),
                    asked.modified(),
                    asked.blocked(),
                    asked.failedOpen(),
                    asked.failedClosed(),
                    asked.nanos() / 1_000_000);
        }
    }

    private record DeadLetter(
            String webhookId, String hook, String requestId, String created, String died, int attempts, String reason) {
        static DeadLetter of(Hooks.DeadLetter it) {
            return new DeadLetter(
                    it.message(),
                    it.hook(),
                    it.requestId(),
                    it.created().toString(),
                    it.died().toString(),
                    it.attempts(),
                    it.reason());
        }
    }

    List<Endpoint> endpoints() {
        return List.of(new Endpoint(HttpMethods.GET, "/api/hooks", Needs.ADMIN, this::list)
                .documented(Doc.of(
                                "How hooks do: what waits for them, what they answered, and the latest deliveries that were given up.")
                        .answers(HookList.class)));
    }

    private CompletionStage<HttpResponse> list(Call call) {
        var rules = call.rules().policy().hooks();
        var all = new TreeMap<String, Hooks.Status>();
        rules.keySet().forEach(name -> all.put(name, Hooks.Status.untouched(name)));
        hooks.status().forEach(status -> all.put(status.hook(), status));
        return hooks.deadLetters(DEAD_LETTERS)
                .thenApplyAsync(
                        dead -> Json.ok(new HookList(
                                all.values().stream()
                                        .map(status -> Hook.of(status, rules.get(status.hook())))
                                        .toList(),
                                dead.stream().map(DeadLetter::of).toList())),
                        system.executionContext());
    }
}
