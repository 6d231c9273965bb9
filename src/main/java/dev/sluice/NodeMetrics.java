package dev.sluice;

import dev.sluice.capture.Captures;
import dev.sluice.cluster.Membership;
import dev.sluice.export.Exporter;
import dev.sluice.hook.Hooks;
import dev.sluice.hook.Hooks.Asked;
import dev.sluice.hook.Hooks.Status;
import dev.sluice.journal.SqliteStore;
import dev.sluice.journal.Storage;
import dev.sluice.metric.Lags;
import dev.sluice.metric.Metrics;
import dev.sluice.net.Loop;
import dev.sluice.net.Loops;
import dev.sluice.policy.Policies;
import dev.sluice.provider.Condition.Breaker;
import dev.sluice.provider.Providers;
import dev.sluice.quota.Quota;
import dev.sluice.usage.Ledger;
import java.time.Duration;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.function.ToLongFunction;
import java.util.stream.Collectors;
import org.apache.pekko.actor.typed.ActorSystem;

/** What rooms know anyway and a scrape asks them for. What they count as it happens, they count themselves. */
final class NodeMetrics {
    /** A look at the ledger reads a few rows. */
    private static final Duration LEDGER_EVERY = Duration.ofSeconds(5);

    private final ActorSystem<?> system;
    private final Metrics metrics;

    NodeMetrics(ActorSystem<?> system) {
        this.system = system;
        this.metrics = Metrics.get(system);
    }

    void watch(Policies policies, Providers providers, Quota quota, Ledger ledger) {
        var loops = Loops.get(system).all();
        Lags.watch(
                system, "event_loop", loops.stream().collect(Collectors.toMap(NodeMetrics::name, Function.identity())));
        Lags.watch(system, "dispatcher", Map.of("default", system.executionContext()));
        metrics.gauges(
                "sluice_event_loop_tasks",
                "Tasks that wait for their turn.",
                "event_loop",
                () -> loops.stream().collect(Collectors.toMap(NodeMetrics::name, Loop::waiting)));
        metrics.counter(
                "sluice_reservations_expired_unsettled",
                "Reservations whose owner died before it settled them, and which were charged all the same. Stays 0 in good times.",
                quota::orphansCharged);
        outage(quota);
        metrics.gauge(
                "sluice_policy_in_trouble",
                "1 when the policy in force is not the one that was last written.",
                () -> policies.troubles().isEmpty() ? 0 : 1);
        metrics.gauges(
                "sluice_provider_open_requests",
                "Requests that a provider has not answered to the end.",
                "provider",
                () -> {
                    return ofProviders(
                            policies, provider -> providers.condition(provider).openRequests());
                });
        metrics.gauges("sluice_provider_up", "0 while a provider rests after a row of failures.", "provider", () -> {
            return ofProviders(
                    policies, provider -> providers.condition(provider).breaker() == Breaker.CLOSED ? 1 : 0);
        });
        metrics.counter(
                "sluice_log_lines_dropped",
                "Lines of this process' log that were dropped because whoever reads it did not keep up.",
                LogLines::dropped);
        if (Storage.kind(system) == Storage.Kind.SQLITE) {
            journal();
        }
        ledger(ledger);
    }

    void watch(Membership membership) {
        metrics.gauges(
                "sluice_cluster_members",
                "Nodes of the cluster as this one sees them, by status; unreachable are those that it does not hear.",
                "status",
                membership::members);
    }

    private void outage(Quota quota) {
        metrics.gauge(
                "sluice_quota_buckets_away",
                "Quota buckets that do not answer this node, or whose journal does not. Stays 0 in good times.",
                () -> quota.outage().bucketsAway());
        metrics.counter(
                "sluice_quota_refused_at_once",
                "Requests that were refused because a quota bucket was known to be away.",
                quota::refusedAtOnce);
        metrics.counter(
                "sluice_quota_grace_requests",
                "Requests that were let in without a quota bucket that was away, as its on_storage_failure says.",
                quota::letInOnGrace);
        metrics.gauge(
                "sluice_quota_grace_unbooked_dollars",
                "What such requests have cost, or may cost, that their buckets have not taken up yet: lost if this node dies now.",
                () -> quota.outage().unbookedNanos() / 1e9);
    }

    private static String name(Loop loop) {
        var name = loop.toString();
        return name.substring(name.lastIndexOf('.') + 1);
    }

    private static Map<String, Integer> ofProviders(
            Policies policies, Function<dev.sluice.config.ProviderRule, Integer> number) {
        var numbers = new TreeMap<String, Integer>();
        policies.inForce().policy().providers().forEach((id, provider) -> {
            if (!provider.disabled()) {
                numbers.put(id, number.apply(provider));
            }
        });
        return numbers;
    }

    private void journal() {
        var store = SqliteStore.get(system);
        var seconds = metrics.histogram(
                        "sluice_journal_commit_seconds",
                        "How long a transaction took that somebody waited for.",
                        new double[] {0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 1, 5})
                .labelValues();
        var latency = metrics.histogram(
                        "sluice_journal_latency_seconds",
                        "From handing a write over to its commit, of the write that waited longest in its transaction.",
                        new double[] {0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5})
                .labelValues();
        var size = metrics.histogram("sluice_journal_group_size", "Writes in a transaction.", new double[] {
                    1, 2, 5, 10, 20, 50, 100, 200, 500
                })
                .labelValues();
        store.watch((group, nanos, longestNanos) -> {
            size.observe(group);
            seconds.observe(nanos / 1e9);
            latency.observe(longestNanos / 1e9);
        });
        metrics.gauge("sluice_journal_waiting", "Writes that wait for the writer.", store::waiting);
    }

    private void ledger(Ledger ledger) {
        var behind = new AtomicLong();
        metrics.gauge(
                "sluice_ledger_behind", "Exchanges in the journal that the ledger has yet to take up.", behind::get);
        var _ = system.scheduler()
                .scheduleWithFixedDelay(
                        LEDGER_EVERY,
                        LEDGER_EVERY,
                        () -> {
                            var _ = ledger.behind().thenAccept(behind::set);
                        },
                        system.executionContext());
    }

    /** What becomes of requests that are over. */
    void watch(Captures captures, Hooks hooks, Exporter exporter) {
        metrics.counter(
                "sluice_captures_kept",
                "Captures that were written.",
                () -> captures.counts().kept());
        metrics.counter(
                "sluice_captures_dropped",
                "Captures that were not written, for want of room; their usage was.",
                () -> captures.counts().dropped());
        metrics.counter(
                "sluice_captures_failed",
                "Captures that were not written, because that failed; their usage was.",
                () -> captures.counts().failed());
        metrics.gauge(
                "sluice_captures_queued_bytes",
                "What captures that wait to be written hold in memory.",
                () -> captures.counts().queuedBytes());
        metrics.gauges(
                "sluice_hook_queued", "Deliveries that wait or are under way.", "hook", of(hooks, Status::queued));
        metrics.counters(
                "sluice_hook_delivered",
                "Deliveries that a hook took, since the data directory was made.",
                "hook",
                of(hooks, Status::delivered));
        metrics.counters(
                "sluice_hook_dead_letters",
                "Deliveries that were given up, since the data directory was made.",
                "hook",
                of(hooks, Status::deadLetters));
        metrics.counters(
                "sluice_hook_failed_attempts", "Attempts that failed.", "hook", of(hooks, Status::failedAttempts));
        asked(hooks, "allowed", Asked::allowed);
        asked(hooks, "modified", Asked::modified);
        asked(hooks, "blocked", Asked::blocked);
        asked(hooks, "failed_open", Asked::failedOpen);
        asked(hooks, "failed_closed", Asked::failedClosed);
        metrics.counters(
                "sluice_hook_asked_seconds",
                "How long hooks took that were asked before requests, together.",
                "hook",
                of(hooks, status -> status.asked().nanos() / 1e9));
        metrics.counter(
                "sluice_export_objects",
                "Objects that were exported.",
                () -> exporter.counts().objects());
        metrics.counter(
                "sluice_export_records",
                "Records that were exported.",
                () -> exporter.counts().records());
        metrics.counter(
                "sluice_export_bytes",
                "Bytes that were exported.",
                () -> exporter.counts().bytes());
        metrics.counter(
                "sluice_export_failures",
                "Exports that failed.",
                () -> exporter.counts().failures());
        metrics.gauge(
                "sluice_export_behind",
                "Records that are not exported yet.",
                () -> exporter.counts().lag());
    }

    private void asked(Hooks hooks, String answer, ToLongFunction<Asked> number) {
        metrics.counters(
                "sluice_hook_asked_" + answer,
                "Questions before requests that ended so.",
                "hook",
                of(hooks, status -> number.applyAsLong(status.asked())));
    }

    private static Supplier<Map<String, Number>> of(Hooks hooks, Function<Status, Number> number) {
        return () -> hooks.status().stream().collect(Collectors.toMap(Status::hook, number));
    }
}
