package dev.sluice.cassandra;

import com.datastax.oss.driver.api.core.CqlSession;
import com.datastax.oss.driver.api.core.cql.AsyncResultSet;
import com.datastax.oss.driver.api.core.cql.SimpleStatement;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.regex.Pattern;
import org.apache.pekko.Done;

/**
 * The tables of one room, as {@code cluster/cassandra/ROOM.cql} has them: statements that end in a semicolon, with names that no keyspace stands
 * before, and comments after two dashes. An operator may run the same file with {@code cqlsh -k KEYSPACE -f FILE}.
 */
record Tables(String file, List<String> statements, Set<String> columns) {

    private static final Pattern COMMENT = Pattern.compile("--[^\\n]*");
    private static final Pattern TABLE = Pattern.compile(
            "(?is)CREATE\\s+TABLE\\s+IF\\s+NOT\\s+EXISTS\\s+([a-z0-9_]+)\\s*\\((.*)\\)[^()]*?(WITH\\b.*)?");
    /** Commas between columns, not those in a type or a key. */
    private static final Pattern COMMA = Pattern.compile(",(?![^(<]*[)>])");

    static Tables read(String room) {
        var file = "cluster/cassandra/" + room + ".cql";
        try (var stream = Tables.class.getClassLoader().getResourceAsStream(file)) {
            if (stream == null) {
                throw new IllegalArgumentException(file + ": not on the class path");
            }
            return parse(file, new String(stream.readAllBytes(), StandardCharsets.UTF_8));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static Tables parse(String file, String text) {
        var statements = new ArrayList<String>();
        var columns = new TreeSet<String>();
        for (var part : COMMENT.matcher(text).replaceAll("").split(";", -1)) {
            var statement = part.strip();
            if (!statement.isEmpty()) {
                statements.add(statement);
                columns.addAll(columns(file, statement));
            }
        }
        return new Tables(file, List.copyOf(statements), columns);
    }

    /** As TABLE.COLUMN. */
    private static List<String> columns(String file, String statement) {
        var table = TABLE.matcher(statement);
        if (!table.matches()) {
            throw new IllegalArgumentException(
                    file + ": " + statement.lines().findFirst().orElse("") + " (expected: CREATE TABLE IF NOT EXISTS)");
        }
        // A WITH has parentheses, too, so the columns end where the first one is closed.
        return COMMA.splitAsStream(closed(table.group(2)))
                .map(String::strip)
                .map(column -> column.split("\\s", 2)[0])
                .filter(name -> !name.equalsIgnoreCase("PRIMARY"))
                .map(name -> table.group(1) + "." + name.replace("\"", ""))
                .toList();
    }

    private static String closed(String body) {
        var depth = 0;
        for (var i = 0; i < body.length(); i++) {
            depth += body.charAt(i) == '(' ? 1 : body.charAt(i) == ')' ? -1 : 0;
            if (depth < 0) {
                return body.substring(0, i);
            }
        }
        return body;
    }

    CompletionStage<Done> open(CqlSession session, CassandraSettings settings) {
        return present(session, settings.keyspace()).thenCompose(there -> {
            // Asked first, so that a node that finds everything changes nothing.
            if (settings.schema() == CassandraSettings.Schema.CREATE && !there.containsAll(columns)) {
                return create(session)
                        .thenCompose(_ -> present(session, settings.keyspace()))
                        .thenApply(now -> checked(now, settings));
            }
            return CompletableFuture.completedStage(checked(there, settings));
        });
    }

    private CompletionStage<Done> create(CqlSession session) {
        CompletionStage<Done> done = CompletableFuture.completedStage(Done.getInstance());
        for (var statement : statements) {
            done = done.thenCompose(_ -> session.executeAsync(
                            SimpleStatement.newInstance(statement).setTimeout(Connecting.SCHEMA_TIMEOUT)))
                    .thenApply(_ -> Done.getInstance());
        }
        return done;
    }

    private Done checked(Set<String> there, CassandraSettings settings) {
        var missing = new TreeSet<>(columns);
        missing.removeAll(there);
        if (!missing.isEmpty()) {
            throw new IllegalStateException(
                    "keyspace %s: without %s (expected: what %s says; run it with cqlsh, or set sluice.cassandra.schema = create)"
                            .formatted(settings.keyspace(), String.join(", ", missing), file));
        }
        return Done.getInstance();
    }

    private static CompletionStage<Set<String>> present(CqlSession session, String keyspace) {
        return session.executeAsync(SimpleStatement.newInstance(
                                "SELECT table_name, column_name FROM system_schema.columns WHERE keyspace_name = ?",
                                keyspace)
                        .setPageSize(5000))
                .thenCompose(answer -> collected(answer, new TreeSet<>()));
    }

    private static CompletionStage<Set<String>> collected(AsyncResultSet answer, Set<String> into) {
        answer.currentPage().forEach(row -> into.add(row.getString(0) + "." + row.getString(1)));
        return answer.hasMorePages()
                ? answer.fetchNextPage().thenCompose(next -> collected(next, into))
                : CompletableFuture.completedStage(into);
    }
}
