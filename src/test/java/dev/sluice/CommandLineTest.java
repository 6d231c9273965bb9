package dev.sluice;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the command line says without starting anything. */
class CommandLineTest {
    private static final String GRANTED =
            "\"grants\": [{ \"src\": [\"*\"], \"app\": { \"tailscale.com/cap/aperture\": [{ \"role\": \"admin\" }] } }]";
    private static final String PROVIDED =
            "\"providers\": { \"p\": { \"baseurl\": \"http://127.0.0.1:1\", \"apikey\": \"k\", \"models\": [\"m\"] } }";

    @TempDir
    private Path directory;

    private record Run(int exit, String out, String error) {}

    private static Run run(String... arguments) {
        var out = new StringWriter();
        var error = new StringWriter();
        var exit = Main.commandLine()
                .setOut(new PrintWriter(out))
                .setErr(new PrintWriter(error))
                .execute(arguments);
        return new Run(exit, out.toString(), error.toString());
    }

    private String file(String text) throws IOException {
        return Files.writeString(directory.resolve("policy.hujson"), text).toString();
    }

    @Test
    void helpNamesTheCommands() {
        var run = run("--help");

        assertThat(run.exit()).isZero();
        assertThat(run.out()).contains("serve", "validate", "simulate", "--version");
    }

    @Test
    void helpOfServeNamesTheVariables() {
        var run = run("serve", "--help");

        assertThat(run.exit()).isZero();
        assertThat(run.out()).contains("SLUICE_CONFIG", "SLUICE_LISTEN", "SLUICE_DATA", "--simulate");
    }

    @Test
    void versionIsOneLine() {
        var run = run("--version");

        assertThat(run.exit()).isZero();
        assertThat(run.out()).matches("sluice \\S+\\R");
    }

    @Test
    void noCommandIsWrongUsage() {
        var run = run();

        assertThat(run.exit()).isEqualTo(2);
        assertThat(run.error()).contains("expected: serve, validate, key, ledger, migrate, simulate or aot");
    }

    @Test
    void unknownCommandsAndOptionsAreWrongUsage() {
        for (var arguments : List.of(
                new String[] {"sevre"}, new String[] {"serve", "--colour"}, new String[] {"validate"}, new String[] {
                    "validate", "a", "b"
                })) {
            assertThat(run(arguments)).as(String.join(" ", arguments)).returns(2, Run::exit);
        }
    }

    @Test
    void aBadAddressIsWrongUsageAndShowsAGoodOne() {
        for (var address : List.of("8080", "127.0.0.1", "127.0.0.1:", "127.0.0.1:x", "127.0.0.1:65536", ":8080", "")) {
            var run = run("serve", "--config", "policy.hujson", "--listen", address);

            assertThat(run.exit()).as(address).isEqualTo(2);
            assertThat(run.error()).as(address).contains("expected: HOST:PORT, for example 127.0.0.1:8080");
        }
    }

    @Test
    void aGoodPolicyIsValid() throws IOException {
        var file = file("{ " + GRANTED + ", " + PROVIDED + " }");

        assertThat(run("validate", file)).isEqualTo(new Run(0, file + ": valid" + System.lineSeparator(), ""));
    }

    @Test
    void theDemosPolicyIsStrictlyValid() {
        assertThat(run("validate", "--strict", "conf/demo.hujson")).returns(0, Run::exit);
    }

    @Test
    void anErrorIsToldWithItsPlace() throws IOException {
        var file = file("{\n  " + PROVIDED + ",\n  " + GRANTED
                + ",\n  \"quotas\": { \"q\": { \"capacity\": \"plenty\" } },\n}");

        var run = run("validate", file);

        assertThat(run.exit()).isEqualTo(1);
        assertThat(run.out())
                .containsPattern(file + ":4:\\d+: error: quota q: capacity .*plenty")
                .contains(file + ": not valid");
    }

    @Test
    void brokenSyntaxIsToldWithItsPlace() throws IOException {
        var file = file("{\n  \"grants\": [\n}");

        var run = run("validate", file);

        assertThat(run.exit()).isEqualTo(1);
        assertThat(run.out()).containsPattern(file + ":3:1: error: ");
    }

    @Test
    void warningsAreToldAndForgivenUnlessStrict() throws IOException {
        var file = file("{ " + GRANTED + ", " + PROVIDED + ", \"colour\": \"blue\" }");

        var forgiving = run("validate", file);
        var strict = run("validate", "--strict", file);

        assertThat(forgiving.exit()).isZero();
        assertThat(forgiving.out())
                .containsPattern(file + ":1:\\d+: warning: .*colour")
                .endsWith(file + ": valid, with 1 warning" + System.lineSeparator());
        assertThat(strict.exit()).isEqualTo(1);
        assertThat(strict.out()).contains(file + ": not valid");
    }

    @Test
    void aFileThatCannotBeReadIsOneClearLine() throws IOException {
        var missing = directory.resolve("missing.hujson").toString();
        var binary = directory.resolve("binary.hujson");
        Files.write(binary, new byte[] {(byte) 0xff, (byte) 0xfe, 0});

        assertThat(run("validate", missing))
                .returns(1, Run::exit)
                .extracting(Run::error)
                .asString()
                .isEqualToNormalizingNewlines("sluice: " + missing
                        + ": no such file (expected: a policy document, for example conf/demo.hujson)\n");
        assertThat(run("validate", binary.toString()))
                .returns(1, Run::exit)
                .extracting(Run::error)
                .asString()
                .isEqualToNormalizingNewlines("sluice: " + binary + ": not UTF-8 (expected: a policy document)\n");
        assertThat(run("validate", directory.toString()))
                .returns(1, Run::exit)
                .extracting(Run::error)
                .asString()
                .startsWith("sluice: " + directory)
                .hasLineCount(1);
    }

    @Test
    void aPolicyWithErrorsStartsNothing() throws IOException {
        var run = run("serve", "--config", file("{ \"quotas\": { \"q\": { \"capacity\": \"plenty\" } } }"));

        assertThat(run.exit()).isEqualTo(1);
        assertThat(run.error()).contains(": error: ").contains("nothing was started");
    }
}
