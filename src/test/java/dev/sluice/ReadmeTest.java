package dev.sluice;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.config.Finding;
import dev.sluice.config.PolicyDocument;
import dev.sluice.testing.GoogleAccount;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What the README offers to paste is good. */
class ReadmeTest {
    private static final Pattern BLOCK =
            Pattern.compile("^\\| [^|]+ \\| `(\"[a-z-]+\": \\{.*})` \\|$", Pattern.MULTILINE);
    private static final String KEY_FILE =
            GoogleAccount.create().apiKey("https://oauth2.googleapis.com/token").substring("keyfile::".length());

    private static String readme() {
        try {
            return Files.readString(Path.of("README.md"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static Stream<String> providers() {
        return BLOCK.matcher(readme()).results().map(match -> match.group(1));
    }

    @ParameterizedTest
    @MethodSource("providers")
    void offersProvidersThatAreReadWithoutAWord(String block) {
        // When
        var reading =
                PolicyDocument.read("""
                { "grants": [{ "src": ["*"], "app": { "tailscale.com/cap/aperture": [{ "role": "admin" }, { "models": "**" }] } }],
                  "providers": { %s } }
                """.formatted(block), name -> name.endsWith("KEY_FILE_BASE64") ? KEY_FILE : "key");
        // Then
        assertThat(reading.findings()).extracting(Finding::message).isEmpty();
        assertThat(requireNonNull(reading.policy()).providers()).hasSize(1);
    }

    @Test
    void offersAllOfThem() {
        assertThat(providers()).hasSizeGreaterThan(12);
    }
}
