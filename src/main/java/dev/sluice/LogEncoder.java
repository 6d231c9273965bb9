package dev.sluice;

import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.IThrowableProxy;
import ch.qos.logback.core.encoder.EncoderBase;
import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.json.JsonWriteFeature;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.slf4j.event.KeyValuePair;

/**
 * A log line, as text or as a JSON object. Whatever stands in a value, a line stays one line: in either format everything that any
 * reader takes for an end of line, and everything else that does not print, is escaped. Absent values are left out.
 *
 * <p>We chose it over logback's own encoders because its text writes values as they are, and its JSON hides them in a list of lists.
 */
public final class LogEncoder extends EncoderBase<ILoggingEvent> {
    /** Longer values are a client's; the rest of them helps nobody. */
    private static final int MAX_VALUE = 1024;

    private static final DateTimeFormatter TIME =
            DateTimeFormatter.ofPattern("yyyy-MM-dd'T'HH:mm:ss.SSSXXX", Locale.ROOT);
    private static final JsonFactory JSON =
            JsonFactory.builder().enable(JsonWriteFeature.ESCAPE_NON_ASCII).build();

    enum Format {
        TEXT,
        JSON
    }

    private final ZoneId zone = ZoneId.systemDefault();
    private volatile Format format = Format.TEXT;

    /** Logback's, from its configuration: one that is not known is text. */
    public void setFormat(String name) {
        format = "json".equalsIgnoreCase(name) ? Format.JSON : Format.TEXT;
    }

    void format(Format other) {
        format = other;
    }

    @Override
    public byte[] headerBytes() {
        return new byte[0];
    }

    @Override
    public byte[] footerBytes() {
        return new byte[0];
    }

    @Override
    public byte[] encode(ILoggingEvent event) {
        return format == Format.JSON ? json(event) : text(event).getBytes(StandardCharsets.UTF_8);
    }

    private String text(ILoggingEvent event) {
        var line = new StringBuilder(512);
        TIME.formatTo(Instant.ofEpochMilli(event.getTimeStamp()).atZone(zone), line);
        var level = event.getLevel().toString();
        line.append(' ').append(level).repeat(' ', 6 - level.length());
        var logger = event.getLoggerName();
        line.append(logger, logger.lastIndexOf('.') + 1, logger.length()).append(' ');
        escape(line, Objects.requireNonNullElse(event.getFormattedMessage(), ""), false);
        for (var pair : pairs(event)) {
            if (pair.value != null) {
                line.append(' ').append(pair.key).append('=');
                var value = shortened(pair.value.toString());
                if (isPlain(value)) {
                    line.append(value);
                } else {
                    line.append('"');
                    escape(line, value, true);
                    line.append('"');
                }
            }
        }
        line.append('\n');
        trace(line, event.getThrowableProxy());
        return line.toString();
    }

    private static List<KeyValuePair> pairs(ILoggingEvent event) {
        return Objects.requireNonNullElse(event.getKeyValuePairs(), List.of());
    }

    private static String shortened(String value) {
        return value.length() <= MAX_VALUE ? value : value.substring(0, MAX_VALUE) + "...";
    }

    /** Whether nobody could take it for more than one value. */
    private static boolean isPlain(String value) {
        for (var i = 0; i < value.length(); i++) {
            var c = value.charAt(i);
            if (c <= ' ' || c == '"' || c == '=' || c == '\\' || c >= 0x7f) {
                return false;
            }
        }
        return !value.isEmpty();
    }

    private static void escape(StringBuilder line, String value, boolean isQuoted) {
        for (var i = 0; i < value.length(); i++) {
            var c = value.charAt(i);
            if (c == '\n') {
                line.append("\\n");
            } else if (isQuoted && (c == '"' || c == '\\')) {
                line.append('\\').append(c);
            } else if (isPrinted(c)) {
                line.append(c);
            } else {
                line.append("\\u%04x".formatted((int) c));
            }
        }
    }

    /** Controls, separators of lines, marks that turn text around, halves of pairs: none of them. */
    private static boolean isPrinted(char c) {
        return switch (Character.getType(c)) {
            case Character.CONTROL,
                    Character.FORMAT,
                    Character.LINE_SEPARATOR,
                    Character.PARAGRAPH_SEPARATOR,
                    Character.SURROGATE,
                    Character.PRIVATE_USE,
                    Character.UNASSIGNED -> false;
            default -> true;
        };
    }

    /** Lines of their own, none of which can begin as a log line does. */
    private static void trace(StringBuilder lines, @Nullable IThrowableProxy thrown) {
        var before = "";
        for (var cause = thrown; cause != null; cause = cause.isCyclic() ? null : cause.getCause()) {
            lines.append(before).append(cause.getClassName());
            if (cause.getMessage() != null) {
                lines.append(": ");
                escape(lines, cause.getMessage(), false);
            }
            lines.append('\n');
            var frames = cause.getStackTraceElementProxyArray();
            var own = frames == null ? 0 : frames.length - cause.getCommonFrames();
            for (var i = 0; i < own; i++) {
                lines.append('\t').append(frames[i].getSTEAsString()).append('\n');
            }
            before = "Caused by: ";
        }
    }

    private static byte[] json(ILoggingEvent event) {
        var line = new ByteArrayOutputStream(512);
        try (var json = JSON.createGenerator(line)) {
            json.writeStartObject();
            json.writeStringField(
                    "time", Instant.ofEpochMilli(event.getTimeStamp()).toString());
            json.writeStringField("level", event.getLevel().toString());
            json.writeStringField("logger", event.getLoggerName());
            json.writeStringField("message", event.getFormattedMessage());
            for (var pair : pairs(event)) {
                if (pair.value != null) {
                    json.writeFieldName(pair.key);
                    value(json, pair.value);
                }
            }
            var context = event.getMDCPropertyMap();
            if (context != null && !context.isEmpty()) {
                json.writeObjectFieldStart("mdc");
                for (var entry : context.entrySet()) {
                    json.writeStringField(entry.getKey(), entry.getValue());
                }
                json.writeEndObject();
            }
            if (event.getThrowableProxy() != null) {
                var trace = new StringBuilder();
                trace(trace, event.getThrowableProxy());
                json.writeStringField("exception", trace.toString());
            }
            json.writeEndObject();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        line.write('\n');
        return line.toByteArray();
    }

    private static void value(JsonGenerator json, Object value) throws IOException {
        switch (value) {
            case Long number -> json.writeNumber(number);
            case Integer number -> json.writeNumber(number);
            case Boolean flag -> json.writeBoolean(flag);
            default -> json.writeString(shortened(value.toString()));
        }
    }
}
