package dev.sluice.usage;

import com.sun.management.OperatingSystemMXBean;
import dev.sluice.journal.RoomStore;
import dev.sluice.journal.TestStorage;
import dev.sluice.session.Exchange;
import dev.sluice.session.Exchange.Outcome;
import dev.sluice.session.Exchange.Tool;
import dev.sluice.usage.LedgerTables.Entry;
import dev.sluice.usage.Reports.Asked;
import dev.sluice.usage.Reports.By;
import dev.sluice.usage.Reports.Filter;
import dev.sluice.usage.Reports.LogFilter;
import dev.sluice.usage.Reports.Order;
import dev.sluice.usage.Reports.Span;
import dev.sluice.wire.Usage;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.jspecify.annotations.Nullable;

/**
 * How long the ledger's answers take when it has many exchanges. Not a test. Arguments: exchanges (10000000) and a directory, which is filled if
 * it has no ledger yet.
 */
final class ReportBenchmark {
    private static final int BATCH = 2000;
    private static final int CALLERS = 2000;
    private static final int MODELS = 60;
    private static final int PROVIDERS = 12;
    private static final int AGENTS = 40;
    private static final int TOOLS = 60;
    private static final int DAYS = 90;
    private static final int AT_ONCE = 400;
    private static final int A_SESSION = 33;
    private static final int TIMES = 200;
    private static final Instant START = Instant.parse("2026-08-03T00:00:00Z");

    private final Random random = new Random(7);
    private final double[] callers = skew(CALLERS, 0.8);
    private final double[] models = skew(MODELS, 1.1);
    private final double[] agents = skew(AGENTS, 1.2);
    private final double[] tools = skew(TOOLS, 1.0);
    private final List<Conversation> conversations = new ArrayList<>();
    private final int exchanges;
    private int sessions;

    private record Conversation(String session, int caller, int agent, int model, int provider) {}

    private ReportBenchmark(int exchanges) {
        this.exchanges = exchanges;
    }

    @SuppressWarnings("SystemOut") // A program for a person at a terminal.
    public static void main(String[] args) throws Exception {
        var benchmark = new ReportBenchmark(Integer.parseInt(args[0]));
        var directory = Path.of(args[1]);
        if (!Files.exists(directory.resolve("ledger.db"))) {
            benchmark.fill(directory);
        }
        System.out.printf("ledger.db: %,d bytes%n", Files.size(directory.resolve("ledger.db")));
        var system = ActorSystem.create(Behaviors.empty(), "reports", TestStorage.config(directory));
        benchmark.ask(Ledger.start(system, InstantSource.system()));
        system.terminate();
        system.getWhenTerminated().toCompletableFuture().get();
    }

    @SuppressWarnings("SystemOut")
    private void fill(Path directory) throws Exception {
        var system = ActorSystem.create(Behaviors.empty(), "filling", TestStorage.config(directory));
        var file = RoomStore.open(system, LedgerTables.LAYOUT);
        var projection = new Projection();
        get(file.write(LedgerTables::prepare));
        for (var i = 0; i < AT_ONCE; i++) {
            conversations.add(conversation());
        }
        var os = (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
        var cpu = os.getProcessCpuTime();
        for (var from = 0; from < exchanges; from += BATCH) {
            var batch = new ArrayList<Entry>();
            for (var number = from; number < Math.min(exchanges, from + BATCH); number++) {
                batch.add(new Entry(number + 1L, exchange(number)));
            }
            get(file.writePatiently((connection, _) -> {
                projection.add(connection, batch);
                return false;
            }));
            if ((from / BATCH) % 500 == 499) {
                System.out.printf("%,d, %.1f us CPU/exchange%n", from, (os.getProcessCpuTime() - cpu) / 1000.0 / from);
            }
        }
        System.out.printf(
                "%,d exchanges, %,d sessions, %.1f us CPU/exchange%n",
                exchanges, sessions, (os.getProcessCpuTime() - cpu) / 1000.0 / exchanges);
        // There is no journal that has them, and nobody is to look for one.
        get(file.write(connection -> {
            try (var update = connection.createStatement()) {
                return update.executeUpdate("UPDATE projection_offset SET last = 0");
            }
        }));
        system.terminate();
        system.getWhenTerminated().toCompletableFuture().get();
    }

    private Conversation conversation() {
        var caller = pick(callers);
        // Everybody has favourites, the same ones every day.
        var taste = new Random(caller * 31L + random.nextInt(4));
        var model = pick(models, taste);
        return new Conversation(
                "oacc_%016x".formatted(++sessions * 0x9E3779B97F4A7C15L),
                caller,
                pick(agents, taste),
                model,
                (model + taste.nextInt(2)) % PROVIDERS);
    }

    private Exchange exchange(int number) {
        var at = random.nextInt(AT_ONCE);
        if (random.nextInt(A_SESSION) == 0) {
            conversations.set(at, conversation());
        }
        var it = conversations.get(at);
        var millis = START.toEpochMilli()
                + (long) ((double) number / exchanges * Duration.ofDays(DAYS).toMillis());
        var isBad = random.nextInt(30) == 0;
        var calls = new ArrayList<Tool>();
        for (var i = random.nextInt(5) - 2; i > 0; i--) {
            calls.add(new Tool("tool_" + pick(tools), null));
        }
        return new Exchange(
                "req_%012x%016x".formatted(millis, random.nextLong()),
                it.session(),
                login(it.caller()),
                "",
                List.of(),
                "provider-" + it.provider(),
                "model-" + it.model(),
                null,
                "openai_chat",
                "/v1/chat/completions",
                "POST",
                isBad ? 400 + random.nextInt(130) : 200,
                "agent-" + (char) ('a' + it.agent() % 26) + (char) ('a' + it.agent() / 26) + "/1." + random.nextInt(90),
                random.nextInt(5) != 0,
                Instant.ofEpochMilli(millis - random.nextInt(60_000)),
                300,
                9000,
                isBad
                        ? null
                        : new Usage(
                                random.nextInt(3000),
                                random.nextInt(60_000),
                                100,
                                0,
                                random.nextInt(900),
                                10,
                                0,
                                0,
                                0,
                                0,
                                0),
                isBad || it.model() == 9 ? null : (long) random.nextInt(900_000_000),
                null,
                calls,
                null,
                isBad ? Outcome.UPSTREAM_ERROR : random.nextInt(50) == 0 ? Outcome.CLIENT_CANCELLED : Outcome.COMPLETED,
                null,
                false,
                0,
                0,
                List.of(),
                null,
                null);
    }

    private static String login(int caller) {
        return "user-%d@example.com".formatted(caller);
    }

    // --- questions

    private void ask(Ledger ledger) {
        for (var warm = 0; warm < 2; warm++) {
            get(ledger.usage(asked(days(DAYS), Filter.NONE, By.DAY), 1000, null));
        }
        time("usage by day", () -> ledger.usage(asked(span(), filter(), By.DAY), 1000, null));
        time("usage by hour", () -> ledger.usage(asked(week(), filter(), By.HOUR), 1000, null));
        time("usage by hour and model", () -> ledger.usage(asked(week(), filter(), By.HOUR, By.MODEL), 1000, null));
        time("usage by user", () -> ledger.usage(asked(span(), Filter.NONE, By.USER), 100, null));
        time("usage by user, all days", () -> ledger.usage(asked(days(DAYS), Filter.NONE, By.USER), 2000, null));
        time("usage by user, of a model or so", () -> ledger.usage(asked(span(), other(), By.USER), 100, null));
        time("usage by user and model", () -> ledger.usage(asked(span(), Filter.NONE, By.USER, By.MODEL), 50, null));
        time("usage by day and user", () -> ledger.usage(asked(span(), filter(), By.DAY, By.USER), 1000, null));
        time(
                "usage by day, user, model",
                () -> ledger.usage(asked(span(), filter(), By.DAY, By.USER, By.MODEL), 1000, null));
        time("usage by model", () -> ledger.usage(asked(span(), filter(), By.MODEL), 1000, null));
        time(
                "usage by provider, agent",
                () -> ledger.usage(asked(span(), filter(), By.PROVIDER, By.AGENT), 1000, null));
        time("usage by day and agent", () -> ledger.usage(asked(span(), filter(), By.DAY, By.AGENT), 1000, null));
        time("usage by day of one user", () -> ledger.usage(asked(span(), user(), By.DAY, By.MODEL), 1000, null));
        time(
                "a user's usage",
                () -> ledger.days(
                        asked(days(DAYS), user(), By.DAY, By.USER, By.MODEL, By.PROVIDER, By.AGENT), 10_000, null));
        time("activity", () -> ledger.activity(span(), random.nextInt(3) == 0 ? login(pick(callers)) : null));
        time("activity, all days", () -> ledger.activity(days(DAYS), null));
        time(
                "a page of CSV",
                () -> ledger.days(
                        asked(span(), filter(), By.DAY, By.USER, By.MODEL, By.PROVIDER, By.AGENT), 2000, null));
        time("logs", () -> ledger.logs(log(), 100, null));
        time("logs of a user", () -> ledger.logs(log(span(), user(), null), 100, null));
        time("logs of errors", () -> ledger.logs(log(span(), filter(), 400 + random.nextInt(130)), 100, null));
        time("logs of a tool", () -> ledger.logs(log(span(), tool(), random.nextBoolean() ? 5 : null), 100, null));
        time("logs, what hardly is", () -> ledger.logs(rare(), 100, null));
        time(
                "tool calls by day and tool",
                () -> ledger.toolCalls(
                        asked(span(), random.nextBoolean() ? tool() : Filter.NONE, By.DAY, By.TOOL), 1000, null));
        time(
                "tool calls by user",
                () -> ledger.toolCalls(asked(span(), random.nextBoolean() ? tool() : Filter.NONE, By.USER), 100, null));
        time("tool calls by tool of a user", () -> ledger.toolCalls(asked(span(), user(), By.TOOL), 100, null));
        time(
                "tool calls by user and tool",
                () -> ledger.toolCalls(asked(span(), Filter.NONE, By.USER, By.TOOL), 50, null));
        time(
                "list of tool calls",
                () -> ledger.calls(log(span(), random.nextBoolean() ? tool() : Filter.NONE, null), 100, null));
        time("users", () -> ledger.callers(null, 100, login(pick(callers))));
        time("sessions", () -> ledger.sessions(random.nextBoolean() ? login(pick(callers)) : null, 100, span().to()));
    }

    private interface Question {
        CompletionStage<?> ask();
    }

    @SuppressWarnings("SystemOut")
    private static void time(String name, Question question) {
        var os = (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
        var nanos = new long[TIMES];
        var cpu = new long[TIMES];
        for (var i = 0; i < TIMES; i++) {
            var start = System.nanoTime();
            var used = os.getProcessCpuTime();
            get(question.ask());
            nanos[i] = System.nanoTime() - start;
            cpu[i] = os.getProcessCpuTime() - used;
        }
        Arrays.sort(nanos);
        Arrays.sort(cpu);
        System.out.printf(
                "%-34s p50 %6.1f ms  p95 %6.1f ms  max %6.1f ms, CPU p95 %6.1f ms%n",
                name,
                nanos[TIMES / 2] / 1e6,
                nanos[TIMES * 95 / 100] / 1e6,
                nanos[TIMES - 1] / 1e6,
                cpu[TIMES * 95 / 100] / 1e6);
    }

    private static Asked asked(Span span, Filter filter, By first, By... more) {
        return new Asked(span, filter, EnumSet.of(first, more), Order.COST);
    }

    private Span span() {
        return days(List.of(1, 7, 30, DAYS, 1 + random.nextInt(DAYS)).get(random.nextInt(5)));
    }

    private Span days(int days) {
        var from = START.plus(Duration.ofDays(random.nextInt(DAYS - days + 1)));
        return new Span(from, from.plus(Duration.ofDays(days)));
    }

    private Span week() {
        return days(1 + random.nextInt(7));
    }

    private Filter filter() {
        return random.nextBoolean() ? Filter.NONE : random.nextInt(3) == 0 ? user() : other();
    }

    private Filter user() {
        return new Filter(login(pick(callers)), null, null, null, null);
    }

    private static Filter of(@Nullable String model, @Nullable String provider, @Nullable String agent) {
        return new Filter(null, model, provider, agent, null);
    }

    private Filter tool() {
        return new Filter(null, null, null, null, "tool_" + pick(tools));
    }

    private Filter other() {
        return switch (random.nextInt(4)) {
            case 0 -> of("model-" + pick(models), null, null);
            case 1 -> of(null, "provider-" + random.nextInt(PROVIDERS), null);
            case 2 -> of(null, null, agent());
            default -> of("model-" + pick(models), null, agent());
        };
    }

    private String agent() {
        var agent = pick(agents);
        return "agent-" + (char) ('a' + agent % 26) + (char) ('a' + agent / 26);
    }

    private LogFilter log() {
        return log(span(), filter(), null);
    }

    private static LogFilter log(Span span, Filter filter, @Nullable Integer status) {
        return new LogFilter(span, filter, status, null, null, null, null, false);
    }

    /** Conditions that no index answers, and that hardly anything meets. */
    private LogFilter rare() {
        return new LogFilter(
                days(DAYS), filter(), random.nextBoolean() ? 3 : null, null, null, true, 899_990_000L, true);
    }

    private int pick(double[] shares) {
        return pick(shares, random);
    }

    private static int pick(double[] shares, Random random) {
        var at = Arrays.binarySearch(shares, random.nextDouble());
        return Math.min(shares.length - 1, at < 0 ? -at - 1 : at);
    }

    /** Zipf's shares, summed up. */
    private static double[] skew(int size, double exponent) {
        var shares = new double[size];
        var sum = 0.0;
        for (var i = 0; i < size; i++) {
            sum += 1 / Math.pow(i + 1.0, exponent);
            shares[i] = sum;
        }
        for (var i = 0; i < size; i++) {
            shares[i] /= sum;
        }
        return shares;
    }

    private static <T> T get(CompletionStage<T> stage) {
        try {
            return stage.toCompletableFuture().get(10, TimeUnit.MINUTES);
        } catch (Exception e) {
            throw new AssertionError(e);
        }
    }
}
