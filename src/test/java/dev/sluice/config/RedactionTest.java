package dev.sluice.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.reflect.RecordComponent;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RedactionTest {
    private static final String EVERY_KEY = Documents.text("every-key");

    @Test
    void putsAMarkWhereASecretStoodAndLeavesTheRestAsItWas() {
        var redaction = Redaction.of("""
                {
                  // Ours.
                  "providers": {
                    "anthropic": { "baseurl": "https://x", "apikey": "sk-ant-api03-0123456789abcdefghij", "models": ["a"], },
                    "local": { "baseurl": "http://y", "apikey": "short" },
                    "env": { "apikey": "${KEY}", "apikeys": ["${A}${B}", "${C:-fallback-fallback-fallback-fallback}"] },
                    "gcp": { "apikey": "keyfile::${FILE}", "add_headers": ["X-Title: me", "X-Api-Key:  0123456789"] },
                  },
                  "hooks": { "h\\"k": { "apikey": "\\u0041bc" } },
                }
                """);

        assertThat(redaction.text()).isEqualTo("""
                {
                  // Ours.
                  "providers": {
                    "anthropic": { "baseurl": "https://x", "apikey": "keyid:p:anthropic:sk-ant-a", "models": ["a"], },
                    "local": { "baseurl": "http://y", "apikey": "keyid:p:local:s" },
                    "env": { "apikey": "${KEY}", "apikeys": ["${A}${B}", "keyid:p:env:${C:-fal"] },
                    "gcp": { "apikey": "keyfile::${FILE}", "add_headers": ["X-Title: me", "X-Api-Key:  keyid:p:gcp:01"] },
                  },
                  "hooks": { "h\\"k": { "apikey": "keyid:h:h\\"k:" } },
                }
                """);
    }

    @Test
    void tellsTwoSecretsThatBeginAlikeApart() {
        var text = """
                {"providers": {"a": {"apikeys": ["sk-0123456789-0123456789-1", "sk-0123456789-0123456789-2", "sk-0123456789-0123456789-1"]}}}""";

        var redaction = Redaction.of(text);

        assertThat(redaction.text()).contains("""
                ["keyid:p:a:sk-012", "keyid:p:a:sk-012#2", "keyid:p:a:sk-012"]""");
        assertThat(redaction.restore(redaction.text())).isEqualTo(text);
    }

    @Test
    void showsThatASecretWasReplacedByOneThatBeginsAlike() {
        var before = Redaction.of("{\"providers\": {\"a\": {\"apikey\": \"sk-0123456789-0123456789-1\"}}}");

        var after = Redaction.of(
                "{\"providers\": {\"a\": {\"apikey\": \"sk-0123456789-0123456789-2\"}}}", before.secrets());

        assertThat(after.text()).contains("keyid:p:a:sk-012#2");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"providers\": {\"a\": {\"apikey\": \"S3CRET-S3CRET\", \"apikey\": \"${X}\"}}}",
                "{\"providers\": {\"a\": {\"apikye\": \"S3CRET-S3CRET\"}}}",
                "{\"providers\": {\"a\": {\"extra\": {\"deep\": [\"S3CRET-S3CRET\"]}}}}",
                "{\"providers\": {\"a\": {\"add_headers\": [\"Proxy-Authorization: Basic S3CRET-S3CRET\"]}}}",
                "{\"grants\": [{\"app\": {\"tailscale.com/cap/aperture\": [{\"add_headers\": [\"x-token: S3CRET-S3CRET\"]}]}}]}",
                "{\"conectors\": {\"x\": \"S3CRET-S3CRET\"}}",
            })
    void coversWhatIsHiddenOrMisspelt(String text) {
        var redaction = Redaction.of(text);

        assertThat(redaction.text()).doesNotContain("S3CRET-");
        assertThat(redaction.restore(redaction.text())).isEqualTo(text);
    }

    @Test
    void coversEverySecretThatAPolicyHolds() {
        var policy = Documents.policy(EVERY_KEY);
        var secrets = new ArrayList<String>();
        collect(policy, secrets);

        var text = Redaction.of(EVERY_KEY).text();

        assertThat(secrets).hasSizeGreaterThan(8);
        assertThat(secrets).allSatisfy(secret -> assertThat(text).doesNotContain(secret));
    }

    @Test
    void isRefusedWhereItsMarksStandForNothing() {
        var reading =
                Documents.read("{\"providers\": {\"a\": {\"baseurl\": \"https://x\",\n\"apikey\": \"keyid:p:a:sk\"}}}");

        assertThat(reading.policy()).isNull();
        assertThat(reading.findings())
                .contains(new Finding(
                        Finding.Severity.ERROR,
                        "\"keyid:p:a:sk\" stands for a secret that is not known here (expected: the secret, or ${NAME})",
                        2,
                        11));
    }

    @Property(tries = 1000)
    void givesBackEveryTextThatItWasMadeOf(@ForAll long seed, @ForAll @IntRange(max = 8) int changes) {
        var text = new StringBuilder(EVERY_KEY);
        var random = new Random(seed);
        for (var i = 0; i < changes; i++) {
            PolicyDocumentPropertiesTest.change(text, random);
        }

        var redaction = Redaction.of(text.toString());

        assertThat(redaction.restore(redaction.text())).isEqualTo(text.toString());
    }

    @Property(tries = 300)
    void givesBackAnyText(@ForAll String text) {
        assertThat(Redaction.of(text).restore(text)).isEqualTo(text);
    }

    private static void collect(@Nullable Object value, List<String> secrets) {
        switch (value) {
            case Secret secret -> {
                if (!secret.isEmpty()) {
                    secrets.add(secret.reveal());
                }
            }
            case Record record -> {
                for (var component : record.getClass().getRecordComponents()) {
                    collect(component(record, component), secrets);
                }
            }
            case Map<?, ?> map -> map.values().forEach(it -> collect(it, secrets));
            case Collection<?> all -> all.forEach(it -> collect(it, secrets));
            case null, default -> {
                // No secret in it.
            }
        }
    }

    private static @Nullable Object component(Record record, RecordComponent component) {
        try {
            var accessor = component.getAccessor();
            accessor.setAccessible(true);
            return accessor.invoke(record);
        } catch (ReflectiveOperationException e) {
            throw new LinkageError(e.getMessage(), e);
        }
    }
}
