package dev.sluice.session;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.cluster.JsonSerializable;
import dev.sluice.wire.Usage;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.actor.typed.javadsl.Adapter;
import org.apache.pekko.serialization.SerializationExtension;
import org.apache.pekko.serialization.SerializerWithStringManifest;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

/** What stands in journals stays readable: one golden file an event and a snapshot. */
class JournalFormatTest {
    private static final ActorTestKit kit = ActorTestKit.create(Exchanges.config());

    private static final Exchange FULL =
            Exchanges.of("req-1", "oacc_0123456789abcdef", "alice@example.com", 1_250_000L);

    @AfterAll
    static void stop() {
        kit.shutdownTestKit();
    }

    @Test
    void anExchangeIsWrittenAndReadAsEver() throws IOException {
        staysReadable("exchange-recorded.json", new ExchangeRecorded(FULL));
    }

    @Test
    void aLostExchangeIsWrittenAndReadAsEver() throws IOException {
        staysReadable("exchange-recorded.lost.json", new ExchangeRecorded(lost()));
    }

    @Test
    void aLinkedResponseIsWrittenAndReadAsEver() throws IOException {
        staysReadable(
                "response-linked.json",
                new ResponseLinked("0123456789abcdef0123456789abcdef", "oare_0123456789abcdef", "openai", "gpt-5"));
    }

    @Test
    void aLinkedResponseOfTheFirstVersionIsReadAsEver() throws IOException {
        staysReadable(
                "response-linked.first.json",
                new ResponseLinked("0123456789abcdef0123456789abcdef", "oare_0123456789abcdef", null, null));
    }

    @Test
    void aSessionsSnapshotIsWrittenAndReadAsEver() throws IOException {
        var costs = new LinkedHashMap<>(Map.of("req-1", 1_250_000L));
        costs.put("req-2", 0L);

        staysReadable(
                "session-snapshot.json",
                new SessionState.Snapshot(
                        "alice@example.com",
                        SessionState.Totals.NONE.plus(FULL),
                        costs,
                        Map.of("gpt-5", "openai/gpt-5")));
    }

    @Test
    void aSnapshotFromBeforeConversationsHadAHomeIsRead() throws IOException {
        var old = golden("session-snapshot.homeless.json");

        assertThat(read(old, SessionState.Snapshot.class))
                .isEqualTo(new SessionState.Snapshot(
                        "alice@example.com",
                        SessionState.Totals.NONE.plus(FULL),
                        Map.of("req-1", 1_250_000L, "req-2", 0L),
                        Map.of()));
    }

    @Test
    void anExchangeOfSeveralAttemptsIsWrittenAndReadAsEver() throws IOException {
        staysReadable("exchange-recorded.attempts.json", new ExchangeRecorded(Exchanges.repeated(FULL)));
    }

    @Test
    void anIndexsSnapshotIsWrittenAndReadAsEver() throws IOException {
        staysReadable(
                "response-index-snapshot.json",
                new ResponseIndex.Snapshot(
                        Map.of("0123456789abcdef0123456789abcdef", "oare_0123456789abcdef"),
                        Map.of("0123456789abcdef0123456789abcdef", "openai/gpt-5")));
    }

    @Test
    void anIndexsSnapshotOfTheFirstVersionIsReadAsEver() throws IOException {
        staysReadable(
                "response-index-snapshot.first.json",
                new ResponseIndex.Snapshot(Map.of("0123456789abcdef0123456789abcdef", "oare_0123456789abcdef"), null));
    }

    @Test
    void anEventWithoutTheCompactModuleReadsTheSame() throws IOException {
        var verbose = golden("exchange-recorded.verbose.json");

        assertThat(read(verbose, ExchangeRecorded.class)).isEqualTo(new ExchangeRecorded(lost()));
    }

    private static Exchange lost() {
        return new Exchange(
                "req-2",
                "oacc_0123456789abcdef",
                "",
                "",
                List.of(),
                "",
                "",
                null,
                "",
                "",
                "",
                0,
                "",
                false,
                Exchanges.NOON,
                -1,
                0,
                new Usage(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0),
                900L,
                null,
                List.of(),
                null,
                Exchange.Outcome.LOST,
                null,
                true,
                0,
                0,
                List.of(),
                null,
                null);
    }

    private static void staysReadable(String file, JsonSerializable value) throws IOException {
        var golden = golden(file);

        assertThat(new String(serializer(value.getClass()).toBinary(value), StandardCharsets.UTF_8))
                .isEqualTo(golden);
        assertThat(read(golden, value.getClass())).isEqualTo(value);
    }

    private static String golden(String file) throws IOException {
        try (var in =
                Objects.requireNonNull(JournalFormatTest.class.getResourceAsStream("/journal/session/" + file), file)) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8).strip();
        }
    }

    /** By class name, as the journal names it. */
    private static Object read(String json, Class<?> type) throws IOException {
        return serializer(type).fromBinary(json.getBytes(StandardCharsets.UTF_8), type.getName());
    }

    private static SerializerWithStringManifest serializer(Class<?> type) throws IOException {
        return (SerializerWithStringManifest)
                SerializationExtension.get(Adapter.toClassic(kit.system())).serializerFor(type);
    }
}
