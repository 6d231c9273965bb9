package dev.sluice.capture;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;

/** Bodies come back byte for byte, whatever they are, and whatever was stored before. */
class BodiesTest {
    private static Connection open() throws SQLException {
        var connection = DriverManager.getConnection("jdbc:sqlite::memory:");
        for (var statement : CaptureSchema.LAYOUT.statements()) {
            try (var create = connection.createStatement()) {
                create.execute(statement);
            }
        }
        return connection;
    }

    /** JSON of a conversation, a few messages of which are alike, in any layout; with a break somewhere, perhaps. */
    @Provide
    Arbitrary<List<byte[]>> bodies() {
        var text = Arbitraries.strings()
                .ofMinLength(0)
                .ofMaxLength(120)
                .map(it -> it.replaceAll("[\"\\\\\\p{Cntrl}]", "'"));
        var message = text.map(it -> "{\"role\":\"user\",\"content\":\"" + it + "\"}");
        var comma = Arbitraries.of(",", ", ", ",\n  ", " ,");
        var json = message.list()
                .ofMaxSize(12)
                .flatMap(messages ->
                        comma.map(between -> "{\"model\":\"m\",\"messages\":[" + String.join(between, messages)
                                + "],\"system\":\"" + "long enough to be kept. ".repeat(20) + "\"}"))
                .map(it -> it.getBytes(UTF_8));
        var broken = json.map(it -> java.util.Arrays.copyOf(it, it.length * 2 / 3));
        var anything = Arbitraries.bytes().array(byte[].class).ofMaxSize(2_000);
        return Arbitraries.oneOf(json, json, broken, anything)
                .list()
                .ofMinSize(1)
                .ofMaxSize(6);
    }

    @Property(tries = 300)
    void comeBackByteForByte(@ForAll("bodies") List<byte[]> bodies, @ForAll Random random) throws SQLException {
        try (var connection = open();
                var frames = new Frames()) {
            var tables = new Bodies(connection, frames);
            var manifests = new ArrayList<byte[]>();
            for (var body : bodies) {
                manifests.add(tables.store(connection, 1, 1, 100, body).manifest());
                if (random.nextBoolean()) {
                    tables.forget();
                }
                if (random.nextBoolean()) {
                    tables = new Bodies(connection, frames);
                }
            }
            for (var nth = 0; nth < bodies.size(); nth++) {
                assertThat(Bodies.read(connection, 1, manifests.get(nth))).isEqualTo(bodies.get(nth));
            }
        }
    }

    @Property(tries = 300)
    void damageIsNeverTakenForABody(@ForAll("bodies") List<byte[]> bodies, @ForAll Random random) throws SQLException {
        try (var connection = open();
                var frames = new Frames()) {
            var manifest = new Bodies(connection, frames)
                    .store(connection, 1, 1, 100, bodies.getFirst())
                    .manifest();
            manifest[random.nextInt(manifest.length)] ^= (byte) (1 << random.nextInt(8));
            try {
                var read = Bodies.read(connection, 1, manifest);
                // Own bytes of a manifest carry no sum of their own: the frame that it lies in does.
                assertThat(read == null || read.length <= bodies.getFirst().length * 2 + 256)
                        .isTrue();
            } catch (ByteReader.Damaged | ArithmeticException e) {
                assertThat(e).hasMessageNotContaining("null");
            }
        }
    }

    @Test
    void aTurnStoresOnlyWhatIsNew() throws SQLException {
        try (var connection = open();
                var frames = new Frames()) {
            var tables = new Bodies(connection, frames);
            var talk = new Talk(1, 4_000);
            for (var turn = 0; turn < 20; turn++) {
                var stored = tables.store(connection, 1, 1, 100, talk.user(300).request());
                talk.answer(300);

                assertThat(Bodies.read(connection, 1, stored.manifest())).hasSizeGreaterThan(4_000);
                assertThat(stored.manifest()).as("turn " + turn).hasSizeLessThan(300);
            }
            // What stands before the system prompt, that, then a message of the user and one of the model a turn.
            assertThat(Sql.number(connection, "SELECT count(*) FROM part")).isEqualTo(2 + 20 + 19);
            assertThat(Sql.number(connection, "SELECT count(*) FROM pack")).isEqualTo(20);
        }
    }

    @Test
    void whatOneCallerSaysIsNoReasonWhyAnotherOnesIsStored() throws SQLException {
        try (var connection = open();
                var frames = new Frames()) {
            var tables = new Bodies(connection, frames);
            var body = new Talk(1, 4_000).user(300).request();
            var anns = tables.store(connection, 1, 1, 100, body);
            var parts = Sql.number(connection, "SELECT count(*) FROM part");
            tables.store(connection, 2, 2, 100, body);

            assertThat(Sql.number(connection, "SELECT count(*) FROM part")).isEqualTo(2 * parts);
            assertThat(Bodies.read(connection, 2, anns.manifest()))
                    .as("another caller's parts")
                    .isNull();
        }
    }

    @Test
    void whatTwoSessionsNeedOutlivesEither() throws SQLException {
        try (var connection = open();
                var frames = new Frames()) {
            var tables = new Bodies(connection, frames);
            var body = new Talk(1, 4_000).user(300).request();
            tables.store(connection, 1, 1, 100, body);
            var second = tables.store(connection, 1, 2, 100, body);

            release(tables, connection, 1);
            assertThat(Bodies.read(connection, 1, second.manifest())).isEqualTo(body);

            release(tables, connection, 2);
            assertThat(Bodies.read(connection, 1, second.manifest())).isNull();
            for (var table : List.of("part", "pack", "use")) {
                assertThat(Sql.number(connection, "SELECT count(*) FROM " + table))
                        .as(table)
                        .isZero();
            }
        }
    }

    /** A body may be stored, its session deleted, and only then its request end: what it names must never be another one's. */
    @Test
    void numbersAreNeverGivenTwice() throws SQLException {
        try (var connection = open();
                var frames = new Frames()) {
            var tables = new Bodies(connection, frames);
            var stored = tables.store(
                    connection, 1, 1, 100, new Talk(1, 4_000).user(300).request());
            release(tables, connection, 1);

            assertThat(tables.needed(connection, stored, 1, 100)).isFalse();
            tables = new Bodies(connection, frames);
            tables.store(connection, 1, 1, 100, new Talk(2, 4_000).user(300).request());
            assertThat(Bodies.read(connection, 1, stored.manifest())).isNull();
        }
    }

    @Test
    void whatIsStillNeededIsNotReleasedByTime() throws SQLException {
        try (var connection = open();
                var frames = new Frames()) {
            var tables = new Bodies(connection, frames);
            var body = new Talk(1, 4_000).user(300).request();
            tables.store(connection, 1, 1, 100, body);
            var later = tables.store(connection, 1, 1, 110, body);

            assertThat(tables.releaseBefore(connection, 110, 20)).isFalse();
            assertThat(Bodies.read(connection, 1, later.manifest())).isEqualTo(body);
            assertThat(tables.releaseBefore(connection, 111, 20)).isTrue();
            assertThat(Bodies.read(connection, 1, later.manifest())).isNull();
        }
    }

    @Test
    void aFrameThatWasDamagedIsNotOpened() {
        try (var frames = new Frames()) {
            var content = new ByteWriter(10);
            content.text("something that was said");
            var frame = frames.close(content);
            frame[frame.length - 6] ^= 1;

            assertThatThrownBy(() -> Frames.open(frame)).isInstanceOf(ByteReader.Damaged.class);
        }
    }

    private static void release(Bodies bodies, Connection connection, long session) throws SQLException {
        while (bodies.release(connection, session, 20)) {
            // Piece after piece.
        }
    }
}
