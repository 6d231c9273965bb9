package dev.sluice.capture;

import static dev.sluice.journal.TestStorage.await;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.config.DatabaseRule;
import dev.sluice.journal.TestStorage;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.sql.DriverManager;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Kill -9 while captures are written and deleted: what was acknowledged is there, what was deleted is not, and nothing is there by half. */
class CapturesKillIT {
    private static final int LIVES = 2;
    private static final int LINES = 150;

    @TempDir
    private Path directory;

    @Test
    void nothingIsThereByHalf() throws Exception {
        var said = new ArrayList<String>();
        for (var life = 0; life < LIVES; life++) {
            said.addAll(liveAndDie("life" + life));
        }

        var deleted = said.stream()
                .filter(line -> line.startsWith("deleted "))
                .map(line -> line.substring(8))
                .toList();
        var kept = said.stream()
                .filter(line -> line.startsWith("kept "))
                .map(line -> line.substring(5))
                .toList();
        assertThat(deleted).isNotEmpty();
        var kit = ActorTestKit.create("survivor", TestStorage.config(directory));
        try {
            var captures = Captures.start(kit.system(), 64 << 20, () -> DatabaseRule.USUAL, Instant::now);
            for (var id : kept) {
                if (deleted.contains(sessionOf(id))) {
                    assertThat(await(captures.find(id))).as(id).isEmpty();
                }
            }
            for (var session :
                    kept.stream().map(CapturesKillIT::sessionOf).distinct().toList()) {
                if (!deleted.contains(session) && !mayBeHalfDeleted(session)) {
                    assertWhole(captures, session, kept);
                }
            }
        } finally {
            kit.shutdownTestKit();
        }
        try (var connection = DriverManager.getConnection("jdbc:sqlite:" + directory.resolve("captures.db"));
                var check = connection.createStatement();
                var rows = check.executeQuery("PRAGMA integrity_check")) {
            rows.next();
            assertThat(rows.getString(1)).isEqualTo("ok");
        }
    }

    private static String sessionOf(String id) {
        return id.substring(0, id.lastIndexOf('-'));
    }

    /** Whose deletion had begun when the process died: it goes capture by capture. */
    private static boolean mayBeHalfDeleted(String session) {
        return Integer.parseInt(session.substring(session.lastIndexOf('-') + 1)) % 3 == 2;
    }

    private static void assertWhole(Captures captures, String session, List<String> kept) {
        var talk =
                new Talk(Integer.parseInt(session.substring(session.lastIndexOf('-') + 1)), DyingCapturer.SYSTEM_CHARS);
        for (var turn = 0; turn < DyingCapturer.TURNS; turn++) {
            var id = session + "-" + turn;
            var request = talk.user(200).request();
            talk.answer(200);
            var found = await(captures.find(id));
            if (kept.contains(id)) {
                assertThat(found).as(id).isPresent();
            }
            found.ifPresent(capture -> {
                assertThat(Objects.requireNonNull(capture.said()).request().body())
                        .as(id)
                        .isEqualTo(request);
                assertThat(capture.tools()).isEqualTo(Talk.tools());
            });
        }
    }

    private List<String> liveAndDie(String life) throws IOException, InterruptedException {
        var process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "--enable-native-access=ALL-UNNAMED",
                        "--sun-misc-unsafe-memory-access=allow",
                        "-XX:TieredStopAtLevel=1",
                        "-Xmx256m",
                        "-cp",
                        System.getProperty("java.class.path"),
                        DyingCapturer.class.getName(),
                        directory.toString(),
                        life)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        var said = new ArrayList<String>();
        try (var out = process.inputReader(StandardCharsets.UTF_8)) {
            while (said.size() < LINES) {
                var line = out.readLine();
                assertThat(line).as("the process lives until it is killed").isNotNull();
                if (line.startsWith("kept ") || line.startsWith("deleted ")) {
                    said.add(line);
                }
            }
            process.toHandle().destroyForcibly();
        } finally {
            process.destroyForcibly().waitFor();
        }
        return said;
    }
}
