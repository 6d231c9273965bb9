package dev.sluice.key;

import static dev.sluice.key.Keys.NOON;
import static dev.sluice.key.Keys.SHA256;
import static org.assertj.core.api.Assertions.assertThat;

import com.typesafe.config.ConfigFactory;
import dev.sluice.key.KeyState.Present;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Objects;
import java.util.stream.Stream;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.serialization.Serialization;
import org.apache.pekko.serialization.SerializationExtension;
import org.apache.pekko.serialization.SerializerWithStringManifest;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What lies in journals out there stays readable; and what is written today is what is in the files. */
class KeyGoldenFilesTest {
    private static ActorTestKit testKit;
    private static Serialization serialization;

    @BeforeAll
    static void start() {
        testKit = ActorTestKit.create(ConfigFactory.parseString(
                "pekko.actor.serialization-bindings { \"dev.sluice.cluster.JsonSerializable\" = jackson-json }"));
        serialization = SerializationExtension.get(testKit.system());
    }

    @AfterAll
    static void stop() {
        testKit.shutdownTestKit();
    }

    record Golden(String file, Object written) {}

    static Stream<Golden> written() {
        return Stream.of(
                new Golden("created", new KeyCreated(Keys.full("gnxx4s5e2lquhk3a"), SHA256)),
                new Golden("created.plain", new KeyCreated(Keys.key("gnxx4s5e2lquhk3a", null), SHA256)),
                new Golden("revoked", new KeyRevoked(NOON, "root@example.com")),
                new Golden("used", new KeyUsed(NOON)),
                new Golden("snapshot", new Present(Keys.full("gnxx4s5e2lquhk3a"), SHA256, NOON.plusSeconds(60), NOON)));
    }

    @ParameterizedTest
    @MethodSource("written")
    void readsAndWritesWhatLiesInTheJournal(Golden golden) throws IOException {
        var type = golden.written().getClass();
        var serializer = (SerializerWithStringManifest) serialization.serializerFor(type);

        assertThat(new String(serialization.serialize(golden.written()).get(), StandardCharsets.UTF_8))
                .isEqualTo(file(golden.file()));
        assertThat(serializer.fromBinary(file(golden.file()).getBytes(StandardCharsets.UTF_8), type.getName()))
                .isEqualTo(golden.written());
    }

    private static String file(String name) throws IOException {
        try (var in = Objects.requireNonNull(
                KeyGoldenFilesTest.class.getResourceAsStream("/journal/key/" + name + ".json"), name)) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8).strip();
        }
    }
}
