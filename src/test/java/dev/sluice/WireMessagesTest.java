package dev.sluice;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import dev.sluice.cluster.CborSerializable;
import dev.sluice.cluster.NodeSystem;
import dev.sluice.testing.Samples;
import java.io.IOException;
import java.lang.reflect.Modifier;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorRefResolver;
import org.apache.pekko.serialization.Serialization;
import org.apache.pekko.serialization.SerializationExtension;
import org.apache.pekko.serialization.Serializers;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Every message that nodes exchange goes through the serialization of a node, and nodes of the last version say it in the same bytes: while
 * they are renewed one by one, either kind reads the other's. A message that has changed keeps its old file and gets a second one
 * ({@code NAME.2.hex}); {@code -Dsluice.messages.write} writes what is missing.
 */
class WireMessagesTest {
    private static final Path GOLDEN = Path.of("src/test/resources/messages");
    private static final ActorTestKit kit =
            ActorTestKit.create("sluice", NodeSystem.config(null, java.util.Map.of("sluice.event-loops", 1)));
    private static final Serialization serialization = SerializationExtension.get(kit.system());
    private static final ActorRef<Object> ELSEWHERE =
            ActorRefResolver.get(kit.system()).resolveActorRef("pekko://sluice@10.0.0.1:7355/user/asker#17");

    @AfterAll
    static void stop() {
        kit.shutdownTestKit();
    }

    /** What is private, an actor says to itself. */
    static Stream<Class<?>> messages() {
        return new ClassFileImporter()
                .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS).importPackages("dev.sluice").stream()
                        .filter(it -> it.isAssignableTo(CborSerializable.class))
                        .<Class<?>>map(it -> it.reflect())
                        .filter(it -> !it.isInterface() && !Modifier.isPrivate(it.getModifiers()))
                        .sorted(Comparator.comparing(Class::getName));
    }

    @ParameterizedTest
    @MethodSource("messages")
    void crossesAndIsReadFromOlderNodes(Class<?> type) throws Exception {
        var message = new Samples(ELSEWHERE).of(type);
        var bytes = serialization.serialize(message).get();
        var serializer = serialization.findSerializerFor(message);
        var manifest = Serializers.manifestFor(serializer, message);

        assertThat(serializer.getClass().getSimpleName()).isEqualTo("JacksonCborSerializer");
        assertThat(serialization
                        .deserialize(bytes, serializer.identifier(), manifest)
                        .get())
                .isEqualTo(message);

        var files = golden(type);
        if (files.isEmpty()
                || !hex(bytes).equals(Files.readString(files.getLast()).strip())) {
            write(type, files.size() + 1, bytes);
        }
        for (var file : golden(type)) {
            var old = HexFormat.of().parseHex(Files.readString(file).replaceAll("\\s", ""));
            assertThat(serialization
                            .deserialize(old, serializer.identifier(), manifest)
                            .get())
                    .as(file.toString())
                    .isInstanceOf(type);
        }
        var newest =
                HexFormat.of().parseHex(Files.readString(golden(type).getLast()).replaceAll("\\s", ""));
        assertThat(serialization
                        .deserialize(newest, serializer.identifier(), manifest)
                        .get())
                .isEqualTo(message);
    }

    private static void write(Class<?> type, int number, byte[] bytes) throws IOException {
        if (System.getProperty("sluice.messages.write") == null) {
            fail(
                    type.getName() + " is not written as in " + GOLDEN
                            + " (expected: the same bytes; if nodes of the last version can read it, and it them, run this test with -Dsluice.messages.write)");
        }
        var file = GOLDEN.resolve(name(type) + (number == 1 ? "" : "." + number) + ".hex");
        Files.createDirectories(file.getParent());
        Files.writeString(file, hex(bytes) + "\n");
    }

    private static String hex(byte[] bytes) {
        return HexFormat.of().formatHex(bytes).replaceAll("(.{120})(?=.)", "$1\n");
    }

    /** The oldest first. */
    private static List<Path> golden(Class<?> type) {
        return Stream.iterate(1, number -> number + 1)
                .map(number -> GOLDEN.resolve(name(type) + (number == 1 ? "" : "." + number) + ".hex"))
                .takeWhile(Files::exists)
                .toList();
    }

    private static String name(Class<?> type) {
        return type.getName()
                .substring("dev.sluice.".length())
                .replaceFirst("\\.", "/")
                .replace('$', '-');
    }
}
