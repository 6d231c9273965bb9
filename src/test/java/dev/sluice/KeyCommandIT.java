package dev.sluice;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.testing.SluiceProcess;
import dev.sluice.testing.TestGateway;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Keys and the ledger by command, at a gateway that runs. */
class KeyCommandIT {
    private static final Pattern KEY = Pattern.compile("sk-sluice-([a-z2-7]{16})-[a-z2-7]{47}\\R");

    @TempDir
    private static Path data;

    private static TestGateway gateway;

    private record Run(int exit, String out, String error) {}

    @BeforeAll
    static void start() throws Exception {
        gateway = TestGateway.start(data, """
                {
                  "grants": [
                    { "src": ["(loopback)"], "app": { "tailscale.com/cap/aperture": [{ "role": "admin" }] } },
                    { "src": ["bob@example.com"], "app": { "tailscale.com/cap/aperture": [{ "role": "user" }] } },
                  ],
                  "providers": { "p": { "baseurl": "http://127.0.0.1:1", "apikey": "k", "models": ["m"] } },
                }
                """);
    }

    @AfterAll
    static void stop() {
        gateway.close();
    }

    private static Run run(String... arguments) {
        var all = new ArrayList<>(List.of("key"));
        all.addAll(List.of(arguments));
        all.addAll(List.of("--url", gateway.url() + "/"));
        return runAt(all);
    }

    private static Run runAt(List<String> arguments) {
        var out = new StringWriter();
        var error = new StringWriter();
        var exit = Main.commandLine()
                .setOut(new PrintWriter(out))
                .setErr(new PrintWriter(error))
                .execute(arguments.toArray(String[]::new));
        return new Run(exit, out.toString(), error.toString());
    }

    private static String id(Run created) {
        var key = KEY.matcher(created.out());
        assertThat(key.matches()).as(created.toString()).isTrue();
        return key.group(1);
    }

    @Test
    void hasTheLedgerBuiltAnew() {
        var run = runAt(List.of("ledger", "rebuild", "--url", gateway.url()));

        assertThat(run.exit()).as(run.error()).isZero();
        assertThat(run.error()).contains("the ledger is being built anew");
    }

    @Test
    void printsTheKeyAloneAndSaysTheRestBeside() {
        var before = inNinetyDays();
        var run = run("create", "--owner", "bob@example.com", "--name", "laptop", "--expires", "90d");

        assertThat(run.exit()).isZero();
        assertThat(run.error())
                .contains(id(run), "bob@example.com")
                // Midnight may have passed meanwhile.
                .containsAnyOf("until " + before, "until " + inNinetyDays())
                .doesNotContain(run.out().strip());
    }

    private static String inNinetyDays() {
        return Instant.now().plus(Duration.ofDays(90)).toString().substring(0, 10);
    }

    @Test
    void listsWhatWasMadeAndWhatBecameOfIt() {
        var id = id(run(
                "create",
                "--owner",
                "bob@example.com",
                "--tag",
                "tag:ci",
                "--tag",
                "tag:api",
                "--model",
                "p/**",
                "--capacity",
                "$10",
                "--rate",
                "$5/day",
                "--admin"));

        assertThat(run("list").out())
                .containsPattern("ID +STATUS +OWNER")
                .containsPattern(id + " +active +bob@example.com +tag:api,tag:ci +\\d{4}-.*Z +never +never\\R");
        assertThat(run("revoke", id)).returns(0, Run::exit);
        assertThat(run("revoke", id).error()).contains(id, "bob@example.com", "revoked since");
        assertThat(run("list").out()).containsPattern(id + " +revoked +");
    }

    @Test
    void saysWhatTheGatewayDoesNotAccept() {
        assertThat(run("create", "--owner", "tag:ci")).satisfies(run -> {
            assertThat(run.exit()).isEqualTo(1);
            assertThat(run.out()).isEmpty();
            assertThat(run.error()).contains("sluice: owner: \"tag:ci\" (expected: a login");
        });
        assertThat(run("revoke", "aaaa")).satisfies(run -> {
            assertThat(run.exit()).isEqualTo(1);
            assertThat(run.error()).contains("no gateway key");
        });
    }

    @Test
    void saysWhatWasWrittenWrong() {
        assertThat(run("create")).returns(2, Run::exit);
        assertThat(run("create", "--owner", "a", "--expires", "soon").error()).contains("expected: 30m, 12h, 90d");
        assertThat(run("create", "--owner", "a", "--capacity", "$1")).returns(2, Run::exit);
        assertThat(run("revoke", "sk-sluice-abc").error())
                .contains("expected: its 16 characters")
                .doesNotContain("sk-");
        assertThat(runAt(List.of("key")).error()).contains("expected: create, list or revoke");
        assertThat(runAt(List.of("key", "list", "--url", "gateway")).error()).contains("expected: a gateway's URL");
    }

    @Test
    void saysWhenThereIsNoGateway() {
        assertThat(runAt(List.of("key", "list", "--url", "http://127.0.0.1:1"))).satisfies(run -> {
            assertThat(run.exit()).isEqualTo(1);
            assertThat(run.error()).contains("no gateway answers at http://127.0.0.1:1", "SLUICE_URL");
        });
    }

    @Test
    void asksWithTheKeyOfTheEnvironment() {
        var key = run("create", "--owner", "bob@example.com").out().strip();
        var environment = Map.of("SLUICE_URL", gateway.url(), "SLUICE_KEY", key);
        try (var list = SluiceProcess.start(data, environment, "key", "list");
                var create = SluiceProcess.start(data, environment, "key", "create", "--owner", "eve@example.com")) {
            assertThat(list.awaitExit(Duration.ofSeconds(60))).isZero();
            assertThat(list.out()).contains("bob@example.com");
            assertThat(create.awaitExit(Duration.ofSeconds(60))).isEqualTo(1);
            assertThat(create.error())
                    .contains("administrators only", "SLUICE_KEY")
                    .doesNotContain(key);
        }
    }
}
