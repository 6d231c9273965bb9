package dev.sluice.usage;

import static dev.sluice.journal.TestStorage.await;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.journal.Layout;
import dev.sluice.journal.RoomStore;
import dev.sluice.journal.TestStorage;
import dev.sluice.session.Exchange;
import dev.sluice.session.Exchange.Outcome;
import dev.sluice.session.Exchange.Tool;
import dev.sluice.usage.LedgerTables.Entry;
import dev.sluice.usage.Reports.About;
import dev.sluice.usage.Reports.Asked;
import dev.sluice.usage.Reports.By;
import dev.sluice.usage.Reports.Filter;
import dev.sluice.usage.Reports.LogFilter;
import dev.sluice.usage.Reports.LogRow;
import dev.sluice.usage.Reports.Order;
import dev.sluice.usage.Reports.Page;
import dev.sluice.usage.Reports.Span;
import dev.sluice.usage.Reports.Sums;
import dev.sluice.usage.Reports.UsageRow;
import dev.sluice.wire.Usage;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the ledger says of many random exchanges, however they came in, against a model that adds them up one by one. */
class ProjectionTest {
    private static final Instant START = Instant.parse("2026-08-05T00:00:00Z");
    private static final int DAYS = 45;
    static final Span ALL = new Span(START, START.plus(Duration.ofDays(DAYS)));
    static final Filter BEN = new Filter("user-2", null, null, null, null);
    private static final int EXCHANGES = 3000;

    @TempDir
    private static Path directory;

    private static ActorTestKit kit;
    private static RoomStore file;
    private static List<Entry> entries;
    /** Without what was recorded twice. */
    private static List<Exchange> exchanges;

    @BeforeAll
    static void fill() {
        kit = ActorTestKit.create("projection", TestStorage.config(directory));
        var random = new Random(42);
        entries = entries(random);
        var once = new LinkedHashMap<String, Exchange>();
        entries.forEach(entry -> once.putIfAbsent(entry.exchange().requestId(), entry.exchange()));
        exchanges = List.copyOf(once.values());
        file = filled("ledger", entries, random);
    }

    @AfterAll
    static void stop() {
        kit.shutdownTestKit();
    }

    /** In batches cut anywhere, with restarts, and with batches that fail and come again, some of them from further back. */
    private static RoomStore filled(String name, List<Entry> all, Random random) {
        var into = file(name);
        await(into.write(LedgerTables::prepare));
        var projection = new Projection();
        for (var from = 0; from < all.size(); ) {
            var to = Math.min(all.size(), from + 1 + random.nextInt(random.nextBoolean() ? 5 : 400));
            var batch = all.subList(from, to);
            switch (random.nextInt(6)) {
                case 0 -> {
                    var doomed = projection;
                    assertThatThrownBy(() -> await(into.writePatiently((connection, _) -> {
                                doomed.add(connection, batch);
                                throw new SQLException("on purpose");
                            })))
                            .hasMessageContaining("on purpose");
                    projection = new Projection();
                }
                case 1 -> {
                    projection = new Projection();
                    add(into, projection, batch);
                    from = Math.max(0, to - random.nextInt(10));
                }
                default -> {
                    add(into, projection, batch);
                    from = to;
                }
            }
        }
        return into;
    }

    private static RoomStore file(String name) {
        var layout = LedgerTables.LAYOUT;
        return RoomStore.open(
                kit.system(),
                new Layout(name, layout.applicationId(), layout.version(), List.of(), List.of(), 4_000, true));
    }

    private static void add(RoomStore into, Projection projection, List<Entry> batch) {
        await(into.writePatiently((connection, _) -> {
            projection.add(connection, batch);
            return false;
        }));
    }

    static List<Entry> entries(Random random) {
        var all = new ArrayList<Entry>();
        for (var i = 0; i < EXCHANGES; i++) {
            var repeated = i > 10 && random.nextInt(20) == 0;
            var exchange = repeated ? all.get(i - 1 - random.nextInt(9)).exchange() : exchange(i, random);
            all.add(new Entry(1 + 3L * i, exchange));
        }
        return all;
    }

    private static Exchange exchange(int number, Random random) {
        // Mostly in order, some late by days, many in the same instant.
        var started = START.plusSeconds((long)
                        ((double) number / EXCHANGES * Duration.ofDays(DAYS - 3).toSeconds()))
                .plusMillis(random.nextInt(3))
                .plus(Duration.ofHours(random.nextInt(10) == 0 ? random.nextInt(72) : 0));
        var session = random.nextInt(300);
        var usage = random.nextInt(4) == 0
                ? null
                : new Usage(
                        random.nextInt(100),
                        random.nextInt(100),
                        random.nextInt(9),
                        random.nextInt(9),
                        random.nextInt(99),
                        random.nextInt(9),
                        0,
                        0,
                        0,
                        0,
                        0);
        var outcome = List.of(Outcome.values()).get(random.nextInt(12) == 0 ? random.nextInt(6) : 0);
        var tools = IntStream.range(0, random.nextInt(4))
                .mapToObj(_ -> new Tool("tool-" + random.nextInt(5), null))
                .toList();
        return new Exchange(
                random.nextBoolean() ? "req_%012x%016x".formatted(number, random.nextLong()) : "r" + number,
                "s" + session,
                "user-" + session % 17,
                "",
                List.of(),
                "provider-" + random.nextInt(3),
                "model-" + random.nextInt(5),
                null,
                "openai_chat",
                "/v1/chat/completions",
                "POST",
                random.nextInt(15) == 0 ? 400 + random.nextInt(4) : 200,
                "agent-" + (char) ('a' + random.nextInt(4)) + "/1." + random.nextInt(9),
                random.nextBoolean(),
                started,
                5,
                10,
                usage,
                random.nextInt(3) == 0 ? null : random.nextLong(1_000_000_000),
                null,
                tools,
                null,
                outcome,
                null,
                false,
                0,
                0,
                List.of(),
                null,
                null);
    }

    private static <T> CompletionStage<T> ask(RoomStore of, Function<Rollups, CompletionStage<T>> question) {
        return of.read(connection -> question.apply(new SqliteRollups(connection)))
                .thenCompose(answer -> answer);
    }

    @Test
    void isTheSameRowForRowHoweverItCameIn() {
        var atOnce = file("atonce");
        await(atOnce.write(LedgerTables::prepare));
        add(atOnce, new Projection(), entries);
        var otherwise = filled("otherwise", entries, new Random(5));

        var rows = dump(atOnce);

        assertThat(rows.values().stream().mapToInt(List::size).sum()).isGreaterThan(EXCHANGES);
        assertThat(dump(file)).isEqualTo(rows);
        assertThat(dump(otherwise)).isEqualTo(rows);
    }

    static Map<String, List<String>> dump(RoomStore file) {
        return await(file.read(ProjectionTest::dump));
    }

    static Map<String, List<String>> dump(Connection connection) throws SQLException {
        var tables = new TreeMap<String, List<String>>();
        try (var names = connection.createStatement();
                var found = names.executeQuery("SELECT name FROM sqlite_schema WHERE type = 'table'")) {
            while (found.next()) {
                tables.put(found.getString(1), new ArrayList<>());
            }
        }
        for (var table : tables.entrySet()) {
            try (var select = connection.createStatement();
                    var rows = select.executeQuery("SELECT * FROM " + table.getKey())) {
                while (rows.next()) {
                    var row = new StringBuilder();
                    for (var column = 1; column <= rows.getMetaData().getColumnCount(); column++) {
                        var value = rows.getObject(column);
                        row.append(value instanceof byte[] bytes ? Arrays.toString(bytes) : value)
                                .append('|');
                    }
                    table.getValue().add(row.toString());
                }
            }
        }
        return tables;
    }

    // --- sums

    @Test
    void addsUpWhateverIsAskedFor() {
        var random = new Random(3);
        var possible = List.of(By.HOUR, By.DAY, By.USER, By.MODEL, By.PROVIDER, By.AGENT);
        for (var i = 0; i < 150; i++) {
            var by = EnumSet.noneOf(By.class);
            possible.stream().filter(_ -> random.nextInt(3) == 0).forEach(by::add);
            if (by.contains(By.HOUR)) {
                by.remove(By.DAY);
            }
            var filter = new Filter(
                    some("user-", 18, random),
                    some("model-", 6, random),
                    some("provider-", 3, random),
                    agent(random),
                    null);
            var asked =
                    new Asked(span(random), filter, by, List.of(Order.values()).get(random.nextInt(3)));

            var answer = await(ask(file, rollups -> UsageQuery.answer(rollups, asked, 100_000, null)));

            var expected = sums(asked);
            assertThat(answer.page().next()).isNull();
            assertThat(answer.page().rows().stream().collect(Collectors.toMap(UsageRow::key, UsageRow::sums)))
                    .as(asked.toString())
                    .isEqualTo(expected);
            assertThat(answer.totals())
                    .as(asked.toString())
                    .isEqualTo(matching(asked).map(ProjectionTest::sums).reduce(NOTHING, ProjectionTest::plus));
            if (answer.activeUsers() != null) {
                assertThat(answer.activeUsers())
                        .as(asked.toString())
                        .isEqualTo(
                                matching(asked).map(Exchange::login).distinct().count());
            }
        }
    }

    @Test
    void pagesHaveEveryRowOnce() {
        var random = new Random(4);
        for (var by : List.of(
                Set.of(By.DAY),
                Set.of(By.DAY, By.USER),
                Set.of(By.DAY, By.USER, By.AGENT),
                Set.of(By.HOUR, By.MODEL),
                Set.of(By.USER),
                Set.of(By.MODEL, By.AGENT),
                Set.of(By.USER, By.MODEL))) {
            for (var filter : List.of(Filter.NONE, BEN, new Filter(null, "model-1", null, "agent-a", null))) {
                var asked = new Asked(ALL, filter, by, List.of(Order.values()).get(random.nextInt(3)));
                var whole = await(ask(file, rollups -> UsageQuery.answer(rollups, asked, 100_000, null)));
                var limit = 1 + random.nextInt(60);

                var paged = all(after -> await(ask(file, rollups -> UsageQuery.answer(rollups, asked, limit, after)))
                        .page());

                assertThat(paged).as(asked.toString()).isEqualTo(whole.page().rows());
            }
        }
    }

    @Test
    void everyLineOfTheDaysIsThereOnce() {
        var by = EnumSet.of(By.DAY, By.USER, By.MODEL, By.PROVIDER, By.AGENT);
        for (var filter : List.of(Filter.NONE, BEN, new Filter(null, null, "provider-1", null, null))) {
            var asked = new Asked(ALL, filter, by, Order.COST);

            var lines = all(after -> await(ask(file, rollups -> UsageQuery.days(rollups, asked, 37, after))));

            assertThat(lines).extracting(UsageRow::key).doesNotHaveDuplicates();
            assertThat(lines.stream().collect(Collectors.toMap(UsageRow::key, UsageRow::sums)))
                    .isEqualTo(sums(asked));
        }
    }

    @Test
    void countsToolCalls() {
        for (var by : List.of(
                Set.of(By.TOOL), Set.of(By.DAY, By.TOOL), Set.of(By.USER, By.TOOL), Set.of(By.HOUR, By.MODEL))) {
            for (var filter : List.of(
                    Filter.NONE,
                    new Filter(null, "model-2", null, null, null),
                    new Filter(null, null, null, null, "tool-3"))) {
                var asked = new Asked(ALL, filter, by, Order.COST);
                var expected = new HashMap<About, Long>();
                exchanges.stream()
                        .filter(it -> matches(filter, it))
                        .forEach(exchange -> exchange.tools().stream()
                                .filter(tool ->
                                        filter.tool() == null || filter.tool().equals(tool.name()))
                                .forEach(tool -> expected.merge(key(exchange, by, tool.name()), 1L, Long::sum)));

                var rows = await(ask(file, rollups -> UsageQuery.toolCalls(rollups, asked, 100_000, null)))
                        .rows();

                assertThat(rows.stream().collect(Collectors.toMap(row -> row.key(), row -> row.calls())))
                        .as(asked.toString())
                        .isEqualTo(expected);
            }
        }
    }

    @Test
    void countsWhoWasThere() {
        for (var login : Arrays.asList(null, "user-3", "nobody")) {
            var span = new Span(ALL.from().plus(Duration.ofDays(3)), ALL.to());
            var activity = await(ask(file, rollups -> ActivityQuery.answer(rollups, span, login)));

            var mine = exchanges.stream()
                    .filter(it -> login == null || it.login().equals(login))
                    .toList();
            for (var day : activity.days()) {
                var there =
                        mine.stream().filter(it -> day(it).equals(day.day())).toList();
                assertThat(day.requests()).isEqualTo(there.size());
                assertThat(day.users()).isEqualTo(users(there));
                assertThat(day.fourOfSeven()).isEqualTo(often(mine, day.day()));
            }
            var inSpan = mine.stream()
                    .filter(it -> !it.started().isBefore(span.from()))
                    .toList();
            assertThat(activity.users()).isEqualTo(users(inSpan));
            for (var month : activity.months()) {
                var name = month.start().toString().substring(0, 7);
                assertThat(month.users())
                        .isEqualTo(users(inSpan.stream()
                                .filter(it -> it.started().toString().startsWith(name))
                                .toList()));
            }
            for (var week : activity.weeks()) {
                var number = Level.WEEK.of(week.start());
                assertThat(week.users())
                        .isEqualTo(users(inSpan.stream()
                                .filter(it -> Level.WEEK.of(it.started()) == number)
                                .toList()));
            }
        }
        var days = await(ask(file, rollups -> ActivityQuery.answer(rollups, ALL, null)))
                .days();
        assertThat(days.stream().mapToLong(day -> day.sessions()).sum())
                .isEqualTo(exchanges.stream().map(Exchange::session).distinct().count());
    }

    private static long users(List<Exchange> some) {
        return some.stream().map(Exchange::login).distinct().count();
    }

    private static long often(List<Exchange> some, Instant day) {
        var days = some.stream()
                .filter(it -> !day(it).isAfter(day) && day(it).isAfter(day.minus(Duration.ofDays(7))))
                .collect(Collectors.groupingBy(
                        Exchange::login, Collectors.mapping(ProjectionTest::day, Collectors.toSet())));
        return days.values().stream().filter(it -> it.size() >= 4).count();
    }

    private static Instant day(Exchange exchange) {
        return exchange.started().truncatedTo(ChronoUnit.DAYS);
    }

    // --- logs

    @Test
    void listsWhatIsAskedForTheLatestFirst() {
        var random = new Random(6);
        for (var i = 0; i < 150; i++) {
            var filter = new LogFilter(
                    span(random),
                    new Filter(
                            some("user-", 18, random),
                            some("model-", 6, random),
                            some("provider-", 3, random),
                            agent(random),
                            some("tool-", 5, random)),
                    random.nextInt(4) == 0 ? List.of(2, 4, 200, 402).get(random.nextInt(4)) : null,
                    random.nextInt(5) == 0 ? List.of(Outcome.values()).get(random.nextInt(6)) : null,
                    random.nextInt(6) == 0 ? "s" + random.nextInt(301) : null,
                    random.nextInt(4) == 0 ? random.nextBoolean() : null,
                    random.nextInt(6) == 0 ? 500_000_000L : null,
                    random.nextInt(6) == 0);

            var rows = all(before -> await(file.read(connection -> LogQuery.page(connection, filter, 7, before))));

            assertThat(rows)
                    .extracting(LogRow::requestId)
                    .as(filter.toString())
                    .containsExactlyInAnyOrderElementsOf(exchanges.stream()
                            .filter(matching(filter))
                            .map(Exchange::requestId)
                            .toList());
            assertThat(rows).extracting(LogRow::started).isSortedAccordingTo(Comparator.reverseOrder());
        }
    }

    @Test
    void showsAnExchangeAsItWas() {
        for (var exchange : exchanges.subList(0, 50)) {
            var row = await(file.read(connection -> LogQuery.of(connection, List.of(exchange.requestId()))))
                    .getFirst();

            assertThat(row.session()).isEqualTo(exchange.session());
            assertThat(row.user()).isEqualTo(exchange.login());
            assertThat(row.started()).isEqualTo(exchange.started());
            assertThat(row.outcome()).isEqualTo(exchange.outcome());
            assertThat(row.costNanos()).isEqualTo(exchange.costNanos());
            assertThat(row.tokens() == null).isEqualTo(exchange.usage() == null);
            assertThat(row.tools()).isEqualTo(exchange.tools().size());
            assertThat(entries.stream()
                            .filter(it -> it.offset() == row.offset())
                            .findFirst()
                            .orElseThrow()
                            .exchange())
                    .isEqualTo(exchange);
        }
    }

    @Test
    void pagesOfLogsHaveEachExchangeOnceWhileMoreComes() {
        var growing = file("growing");
        await(growing.write(LedgerTables::prepare));
        var projection = new Projection();
        var half = EXCHANGES / 2;
        add(growing, projection, entries.subList(0, half));
        var filter = new LogFilter(ALL, Filter.NONE, null, null, null, null, null, false);
        var before = entries.subList(0, half).stream()
                .map(entry -> entry.exchange().requestId())
                .collect(Collectors.toCollection(TreeSet::new));
        var seen = new ArrayList<String>();
        var next = (@Nullable String) null;
        var more = half;
        do {
            var cursor = next;
            var page = await(growing.read(connection -> LogQuery.page(connection, filter, 40, cursor)));
            page.rows().forEach(row -> seen.add(row.requestId()));
            next = page.next();
            add(growing, projection, entries.subList(more, more + 20));
            more += 20;
        } while (next != null);

        assertThat(seen).doesNotHaveDuplicates().containsAll(before);
    }

    private static Predicate<Exchange> matching(LogFilter asked) {
        return it -> !it.started().isBefore(asked.span().from())
                && it.started().isBefore(asked.span().to())
                && matches(asked.filter(), it)
                && (asked.filter().tool() == null
                        || it.tools().stream()
                                .anyMatch(tool ->
                                        tool.name().equals(asked.filter().tool())))
                && (asked.status() == null || asked.status() == it.status() || asked.status() == it.status() / 100)
                && (asked.outcome() == null || asked.outcome() == it.outcome())
                && (asked.session() == null || asked.session().equals(it.session()))
                && (asked.stream() == null || asked.stream() == it.stream())
                && (asked.minCostNanos() == null || (it.costNanos() != null && it.costNanos() >= asked.minCostNanos()))
                && (!asked.withTools() || !it.tools().isEmpty());
    }

    // --- names

    @Test
    void countsWhatIsBeyondADaysNamesTogether() {
        var flooded = file("flooded");
        await(flooded.write(LedgerTables::prepare));
        var template = exchanges.getFirst();
        var all = new ArrayList<Entry>();
        for (var i = 0; i < 2 * Dimension.AGENT.cap(); i++) {
            var name = "agent" + (char) ('a' + i / 26 % 26) + (char) ('a' + i % 26);
            all.add(new Entry(i + 1L, with(template, "r" + i, name)));
        }
        for (var from = 0; from < all.size(); from += 50) {
            // A restart each: what a day has seen is read back.
            add(flooded, new Projection(), all.subList(from, from + 50));
        }
        var asked = new Asked(ALL, Filter.NONE, Set.of(By.AGENT), Order.REQUESTS);

        var rows = await(ask(flooded, rollups -> UsageQuery.answer(rollups, asked, 1000, null)))
                .page()
                .rows();

        assertThat(rows).hasSize(Dimension.AGENT.cap() + 1);
        assertThat(rows.getFirst().key().agent()).isEqualTo(Dimension.OTHER);
        assertThat(rows.getFirst().sums().requests()).isEqualTo(Dimension.AGENT.cap());
    }

    private static Exchange with(Exchange it, String requestId, String userAgent) {
        return new Exchange(
                requestId,
                it.session(),
                it.login(),
                it.node(),
                it.tags(),
                it.provider(),
                it.model(),
                null,
                it.format(),
                it.path(),
                it.method(),
                it.status(),
                userAgent,
                it.stream(),
                it.started(),
                1,
                1,
                it.usage(),
                it.costNanos(),
                null,
                it.tools(),
                null,
                it.outcome(),
                null,
                false,
                0,
                0,
                List.of(),
                null,
                null);
    }

    // --- the model

    private static final Sums NOTHING = new Sums(0, 0, 0, 0, 0, 0, 0, 0, 0);

    private static Map<About, Sums> sums(Asked asked) {
        return matching(asked)
                .collect(Collectors.toMap(it -> key(it, asked.by(), null), ProjectionTest::sums, ProjectionTest::plus));
    }

    private static Stream<Exchange> matching(Asked asked) {
        return exchanges.stream()
                .filter(it -> !it.started().isBefore(asked.span().from())
                        && it.started().isBefore(asked.span().to())
                        && matches(asked.filter(), it));
    }

    private static boolean matches(Filter filter, Exchange it) {
        return is(filter.user(), it.login())
                && is(filter.model(), it.model())
                && is(filter.provider(), it.provider())
                && is(filter.agent(), Agent.of(it.userAgent()));
    }

    private static boolean is(@Nullable String asked, String value) {
        return asked == null || asked.equals(value);
    }

    private static About key(Exchange it, Set<By> by, @Nullable String tool) {
        var period = by.contains(By.HOUR)
                ? it.started().truncatedTo(ChronoUnit.HOURS)
                : by.contains(By.DAY) ? day(it) : null;
        return new About(
                period,
                by.contains(By.USER) ? it.login() : null,
                by.contains(By.MODEL) ? it.model() : null,
                by.contains(By.PROVIDER) ? it.provider() : null,
                by.contains(By.AGENT) ? Agent.of(it.userAgent()) : null,
                by.contains(By.TOOL) ? tool : null);
    }

    private static Sums sums(Exchange it) {
        var usage = Objects.requireNonNullElse(it.usage(), Usage.ofText(0, 0));
        var failed =
                it.status() >= 400 || (it.outcome() != Outcome.COMPLETED && it.outcome() != Outcome.CLIENT_CANCELLED);
        return new Sums(
                1,
                usage.inputTokens(),
                usage.cachedInputTokens(),
                usage.cacheWrite5mTokens() + usage.cacheWrite1hTokens(),
                usage.outputTokens(),
                usage.reasoningTokens(),
                it.costNanos() == null ? 0 : it.costNanos(),
                it.costNanos() == null && it.usage() != null ? 1 : 0,
                failed ? 1 : 0);
    }

    private static Sums plus(Sums a, Sums b) {
        return new Sums(
                a.requests() + b.requests(),
                a.inputTokens() + b.inputTokens(),
                a.cachedInputTokens() + b.cachedInputTokens(),
                a.cacheWriteTokens() + b.cacheWriteTokens(),
                a.outputTokens() + b.outputTokens(),
                a.reasoningTokens() + b.reasoningTokens(),
                a.costNanos() + b.costNanos(),
                a.unpriced() + b.unpriced(),
                a.errors() + b.errors());
    }

    static @Nullable String some(String prefix, int size, Random random) {
        return random.nextInt(4) == 0 ? prefix + random.nextInt(size) : null;
    }

    static @Nullable String agent(Random random) {
        return random.nextInt(4) == 0 ? "agent-" + (char) ('a' + random.nextInt(4)) : null;
    }

    static Span span(Random random) {
        var from = random.nextInt(DAYS);
        var to = from + 1 + random.nextInt(DAYS - from);
        return random.nextInt(3) == 0
                ? ALL
                : new Span(START.plus(Duration.ofDays(from)), START.plus(Duration.ofDays(to)));
    }

    interface Pages<T> {
        Page<T> read(@Nullable String after);
    }

    static <T> List<T> all(Pages<T> pages) {
        var all = new ArrayList<T>();
        var after = (@Nullable String) null;
        do {
            var page = pages.read(after);
            all.addAll(page.rows());
            after = page.next();
        } while (after != null);
        return all;
    }
}
