package dev.sluice;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.LoggingEvent;
import ch.qos.logback.classic.util.LogbackMDCAdapter;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.slf4j.event.KeyValuePair;

class LogEncoderTest {
    private static final ObjectMapper json = new ObjectMapper();
    private static final String FORGED = "2026-11-29T00:00:00.000Z ERROR Books request caller=root";

    /** Whatever any reader of lines takes for the end of one: Unicode's own, Python's splitlines, terminals. */
    private static final String ENDS = "[\\n\\r\\u000b\\u000c\\u001c-\\u001e\\u0085\\u2028\\u2029\\u001b]";

    private final LoggerContext context = new LoggerContext();

    {
        context.setMDCAdapter(new LogbackMDCAdapter());
    }

    @Property
    void aValueNeverEndsALine(@ForAll("hostile") String value) {
        var line = text(event("request", value, null));

        assertThat(line).endsWith("\n");
        assertThat(line.substring(0, line.length() - 1)).doesNotContainPattern(ENDS);
        assertThat(line)
                .startsWith("2026-")
                .contains(" INFO  Books request agent=")
                .contains(" after=1");
    }

    @Property
    void aValueNeverBecomesAnotherField(@ForAll("hostile") String value) {
        var line = text(event("request", value, null));
        var rest = line.substring(line.indexOf(" agent=") + 7, line.lastIndexOf(" after=1"));

        // Either one word, or a string whose only bare quotes are at its ends.
        assertThat(rest.matches("[^ \"=\\\\]+") || rest.matches("\"([^\"\\\\]|\\\\.)*\""))
                .as(line)
                .isTrue();
    }

    @Property
    void aMessageAndAnExceptionNeverBeginALineOfTheirOwn(@ForAll("hostile") String value) {
        var lines = text(event(value, "x", new IllegalStateException(value, new IOException(value))));

        assertThat(lines.lines().skip(1))
                .allSatisfy(line -> assertThat(line).matches("(?s)(\tat |java\\.lang|Caused by: |\t).*"));
    }

    @Property
    void jsonHasTheVeryValueInOneLine(@ForAll("hostile") String value) throws IOException {
        var line = json(event(value, value, new IllegalStateException(value)));
        var read = json.readTree(line);

        assertThat(line.substring(0, line.length() - 1)).doesNotContainPattern(ENDS);
        assertThat(line).endsWith("}\n").matches("\\p{ASCII}*");
        assertThat(read.get("message").textValue()).isEqualTo(value);
        assertThat(read.get("agent").textValue()).isEqualTo(value);
        assertThat(read.get("after").intValue()).isEqualTo(1);
        assertThat(read.get("level").textValue()).isEqualTo("INFO");
        assertThat(read.get("exception").textValue()).startsWith("java.lang.IllegalStateException: ");
    }

    @Provide
    Arbitrary<String> hostile() {
        var parts = Arbitraries.oneOf(
                Arbitraries.strings().ofMaxLength(10),
                Arbitraries.of(
                        "\n",
                        "\r\n",
                        "\u2028",
                        "\u0085",
                        "\u001b[2J",
                        "\"",
                        "\\",
                        "=",
                        " ",
                        "\u202e",
                        "\ud83d",
                        FORGED));
        return parts.list()
                .ofMinSize(1)
                .ofMaxSize(8)
                .map(all -> String.join("", all))
                .filter(it -> isWellFormed(it));
    }

    /** Half a pair of surrogates has no bytes in UTF-8. */
    private static boolean isWellFormed(String text) {
        return StandardCharsets.UTF_8.newEncoder().canEncode(text) && !text.isEmpty();
    }

    @Test
    void writesValuesPlainlyWhereNothingSpeaksAgainstIt() {
        var event = event("request", "curl/8.5", null);
        event.addKeyValuePair(new KeyValuePair("absent", null));

        assertThat(text(event)).endsWith(" INFO  Books request agent=curl/8.5 after=1\n");
    }

    @Test
    void jsonHasFieldsAndTheirTypes() throws IOException {
        var event = event("request", "curl", null);
        event.addKeyValuePair(new KeyValuePair("stream", true));
        event.addKeyValuePair(new KeyValuePair("costNanos", 123_456_789_012L));
        event.addKeyValuePair(new KeyValuePair("absent", null));

        JsonNode read = json.readTree(json(event));

        assertThat(read.get("stream").booleanValue()).isTrue();
        assertThat(read.get("costNanos").longValue()).isEqualTo(123_456_789_012L);
        assertThat(read.has("absent")).isFalse();
        assertThat(read.get("time").textValue()).isEqualTo("2026-11-29T12:00:00Z");
        assertThat(read.get("logger").textValue()).isEqualTo("dev.sluice.proxy.Books");
    }

    @Test
    void cutsWhatIsTooLongToHelp() {
        assertThat(text(event("request", "x".repeat(100_000), null))).hasSizeLessThan(2_000);
    }

    private String text(LoggingEvent event) {
        return encode(LogEncoder.Format.TEXT, event);
    }

    private String json(LoggingEvent event) {
        return encode(LogEncoder.Format.JSON, event);
    }

    private static String encode(LogEncoder.Format format, LoggingEvent event) {
        var encoder = new LogEncoder();
        encoder.format(format);
        return new String(encoder.encode(event), StandardCharsets.UTF_8);
    }

    private LoggingEvent event(String message, String agent, @Nullable Throwable thrown) {
        var logger = context.getLogger("dev.sluice.proxy.Books");
        var event = new LoggingEvent("test", logger, Level.INFO, message, thrown, null);
        event.setInstant(java.time.Instant.parse("2026-11-29T12:00:00Z"));
        event.addKeyValuePair(new KeyValuePair("agent", agent));
        event.addKeyValuePair(new KeyValuePair("after", 1));
        return event;
    }
}
