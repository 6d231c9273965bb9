package dev.sluice.cassandra;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class TablesTest {

    @Test
    void knowsEveryColumnOfEveryTable() {
        // Given
        var text = """
                -- A comment; with a semicolon.
                CREATE TABLE IF NOT EXISTS a (id text, at timestamp, m map<text, int>, PRIMARY KEY ((id, at), m)); -- more
                CREATE TABLE IF NOT EXISTS b (
                  id text PRIMARY KEY,
                  n bigint
                ) WITH CLUSTERING ORDER BY (n DESC) AND compaction = {'class': 'X', 'y': 1};
                """;

        // When
        var tables = Tables.parse("test.cql", text);

        // Then
        assertThat(tables.statements()).hasSize(2);
        assertThat(tables.columns()).containsExactly("a.at", "a.id", "a.m", "b.id", "b.n");
    }

    @Test
    void refusesAStatementThatMakesNoTable() {
        assertThatThrownBy(() -> Tables.parse("test.cql", "DROP TABLE a;"))
                .hasMessage("test.cql: DROP TABLE a (expected: CREATE TABLE IF NOT EXISTS)");
    }

    @Test
    void readsWhatIsShipped() {
        assertThat(Tables.read("journal").columns()).contains("messages.event", "snapshots.snapshot_data");
    }
}
