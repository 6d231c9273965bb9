package dev.sluice.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.wire.RequestHead.FormModel;
import dev.sluice.wire.media.Images;
import dev.sluice.wire.media.Transcriptions;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class FormReaderTest {
    private static final String TYPE = "multipart/form-data; boundary=b0und";
    private static final String MODEL = field("model", "whisper-1");
    private static final String FILE =
            "--b0und\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.mp3\"\r\nContent-Type: audio/mpeg\r\n\r\nsound\r\n";
    private static final String END = "--b0und--\r\n";

    private static String field(String name, String value) {
        return part("Content-Disposition: form-data; name=\"" + name + "\"", value);
    }

    private static String part(String headers, String value) {
        return "--b0und\r\n" + headers + "\r\n\r\n" + value + "\r\n";
    }

    private static RequestHead read(String body) throws BadRequest {
        return read(new Transcriptions(), body, TYPE);
    }

    private static RequestHead read(WireFormat format, String body, String type) throws BadRequest {
        var operation = format.operations().get(format instanceof Images ? 1 : 0);
        return Heads.read(
                format, operation, Map.of(), body.getBytes(StandardCharsets.ISO_8859_1), Map.of("content-type", type));
    }

    @Test
    void findsTheModelWhereverItStands() throws Exception {
        for (var body : List.of(FILE + MODEL + END, MODEL + FILE + END, MODEL + FILE + "--b0und--")) {
            // When
            var head = read(body);
            // Then
            assertThat(head.model()).isEqualTo("whisper-1");
            var place = (FormModel) head.place();
            assertThat(body.substring(place.start(), place.end())).isEqualTo("whisper-1");
        }
    }

    @Test
    void writesAnotherModelInItsPlace() throws Exception {
        // Given
        var body = FILE + field("model", "sim/whisper-1") + field("language", "de") + END;
        var head = read(body);
        // When
        var edited = Splices.apply(
                body.getBytes(StandardCharsets.ISO_8859_1),
                new Transcriptions().edits(head, "whisper-1", java.util.Set.of()));
        // Then
        assertThat(edited.utf8String()).isEqualTo(body.replace("sim/whisper-1", "whisper-1"));
    }

    @Test
    void readsTheOtherFieldsThatMatter() throws Exception {
        // When
        var head = read(
                new Images(),
                MODEL + field("n", "3") + field("stream", "true") + field("prompt", "x".repeat(400)) + FILE + END,
                TYPE);
        // Then
        assertThat(head.choices()).isEqualTo(3);
        assertThat(head.stream()).isTrue();
        assertThat(head.promptTokens()).isEqualTo(100 + 1_600);
        assertThat(head.maxOutputTokens()).hasValue(6_240);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "multipart/form-data; boundary=\"b0und\"",
                "Multipart/Form-Data;boundary=b0und",
                "multipart/form-data; charset=utf-8; BOUNDARY=b0und"
            })
    void takesTheBoundaryInEveryLegalSpelling(String type) throws Exception {
        assertThat(read(new Transcriptions(), MODEL + END, type).model()).isEqualTo("whisper-1");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "Content-Disposition: form-data; name=model",
                "content-disposition:form-data;name=\"model\"",
                "CONTENT-DISPOSITION: Form-Data; NAME=\"model\"\r\nContent-Type: text/plain; charset=UTF-8",
                "Content-Type: text/plain\r\nContent-Disposition: form-data; name=\"model\"\r\nContent-Length: 9",
                "Content-Disposition: form-data; name=\"model\"\r\nContent-Transfer-Encoding: 8bit"
            })
    void takesAFieldAsEveryClientWritesIt(String headers) throws Exception {
        assertThat(read(part(headers, "whisper-1") + END).model()).isEqualTo("whisper-1");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "filename=\"C:\\music\\a.mp3\"",
                "filename=\"\u00c3\u00bc.mp3\"",
                "filename=\"a;name=x\"",
                "filename=\"a.mp3\"; filename*=utf-8''%C3%BC.mp3"
            })
    void leavesNamesOfFilesAlone(String filename) throws Exception {
        var file = part("Content-Disposition: form-data; name=\"file\"; " + filename, "sound");

        assertThat(read(file + MODEL + END).model()).isEqualTo("whisper-1");
    }

    static Stream<Arguments> tricks() {
        return Stream.of(
                Arguments.of("a model twice", MODEL + field("model", "other") + END, "twice"),
                Arguments.of("a model in another case", MODEL + field("Model", "other") + END, "spelled"),
                Arguments.of("a list of models", MODEL + field("model[]", "other") + END, "spelled"),
                Arguments.of("no model", FILE + END, "missing"),
                Arguments.of("an empty model", field("model", "") + END, "empty"),
                Arguments.of("a model of blanks", field("model", " whisper-1") + END, "blanks"),
                Arguments.of("a model of lines", field("model", "a\r\nb") + END, "control"),
                Arguments.of("a model without end", field("model", "x".repeat(2_000)) + END, "at most"),
                Arguments.of("a model that is no UTF-8", field("model", "\u00ff") + END, "UTF-8"),
                Arguments.of(
                        "a model in a file",
                        part("Content-Disposition: form-data; name=\"model\"; filename=\"m\"", "other") + END,
                        "a file"),
                Arguments.of(
                        "a model in another file",
                        part("Content-Disposition: form-data; name=\"model\"; filename*=utf-8''m", "other") + END,
                        "a file"),
                Arguments.of(
                        "a model in another charset",
                        part(
                                        "Content-Disposition: form-data; name=\"model\"\r\nContent-Type: text/plain; charset=utf-16",
                                        "x")
                                + END,
                        "plain text"),
                Arguments.of(
                        "a model in base64",
                        part("Content-Disposition: form-data; name=\"model\"\r\nContent-Transfer-Encoding: base64", "x")
                                + END,
                        "plain text"),
                Arguments.of(
                        "a compressed model",
                        part("Content-Disposition: form-data; name=\"model\"\r\nContent-Encoding: gzip", "x") + END,
                        "plain text"),
                Arguments.of("a charset for all", field("_charset_", "utf-16") + MODEL + END, "_charset_"),
                Arguments.of(
                        "an encoded name",
                        part("Content-Disposition: form-data; name*=utf-8''model", "other") + MODEL + END,
                        "name"),
                Arguments.of(
                        "two names",
                        part("Content-Disposition: form-data; name=\"x\"; name=\"model\"", "other") + MODEL + END,
                        "twice"),
                Arguments.of(
                        "two dispositions",
                        part(
                                        "Content-Disposition: form-data; name=\"x\"\r\ncontent-disposition: form-data; name=\"model\"",
                                        "other")
                                + MODEL
                                + END,
                        "twice"),
                Arguments.of(
                        "a quote behind a backslash",
                        part("Content-Disposition: form-data; filename=\"a\\\"; name=\"model\"; x=\"\"", "other")
                                + MODEL
                                + END,
                        "unreadable"),
                Arguments.of(
                        "a percent in a name",
                        part("Content-Disposition: form-data; name=\"mod%65l\"", "other") + MODEL + END,
                        "odd name"),
                Arguments.of(
                        "a folded header",
                        part("Content-Disposition: form-data;\r\n name=\"model\"", "other") + MODEL + END,
                        "odd header"),
                Arguments.of(
                        "a header that ends in LF",
                        part("X: y\nContent-Disposition: form-data; name=\"model\"", "other") + MODEL + END,
                        "odd header"),
                Arguments.of(
                        "a blank before a colon",
                        part("Content-Disposition : form-data; name=\"model\"", "other") + MODEL + END,
                        "odd header"),
                Arguments.of("a preamble", "x\r\n" + MODEL + END, "begins"),
                Arguments.of("an empty line first", "\r\n" + MODEL + END, "begins"),
                Arguments.of("an epilogue", MODEL + END + field("model", "other") + END, "behind its end"),
                Arguments.of("an end that is none", MODEL + "--b0und--x\r\n", "behind its end"),
                Arguments.of("no end", MODEL, "amid a part"),
                Arguments.of("nothing", "", "begins"),
                Arguments.of(
                        "a blank behind a boundary",
                        "--b0und \r\nContent-Disposition: form-data; name=\"model\"\r\n\r\nother\r\n" + MODEL + END,
                        "no line of its own"),
                Arguments.of("a boundary behind LF", FILE.stripTrailing() + "\n" + MODEL + END, "amid a line"),
                Arguments.of(
                        "a boundary amid a file", FILE.replace("sound", "so--b0undund") + MODEL + END, "amid a line"),
                Arguments.of("a part without headers", "--b0und\r\n\r\nx\r\n" + MODEL + END, "headers do not end"),
                Arguments.of(
                        "headers without end",
                        part("X: " + "y".repeat(10_000) + "\r\nContent-Disposition: form-data; name=\"x\"", "")
                                + MODEL
                                + END,
                        "headers do not end"),
                Arguments.of("parts without end", field("x", "").repeat(1_000) + MODEL + END, "parts"),
                Arguments.of("a number that is none", MODEL + field("n", "-1") + END, "n: no number"),
                Arguments.of("too great a number", MODEL + field("n", "10001") + END, "10001"));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("tricks")
    void refusesWhatParsersDifferIn(String trick, String body, String said) {
        assertThatThrownBy(() -> read(body)).isInstanceOf(BadRequest.class).hasMessageContaining(said);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "text/plain",
                "multipart/mixed; boundary=b0und",
                "multipart/form-data",
                "multipart/form-data; boundary=",
                "multipart/form-data; boundary=\"\"",
                "multipart/form-data; boundary=b0und; boundary=other",
                "multipart/form-data; boundary=\"b0und\\\"\"",
                "multipart/form-data; boundary=\"b0und \"",
                "multipart/form-data; boundary = b0und",
                "multipart/form-data, multipart/form-data; boundary=b0und"
            })
    void refusesAFormWithoutAClearBoundary(String type) {
        assertThatThrownBy(() -> read(new Transcriptions(), MODEL + END, type)).isInstanceOf(BadRequest.class);
    }

    @Test
    void takesNoLongerForABoundaryMadeToBeSlow() throws Exception {
        // Given: to look for it at every byte anew would be three billion steps.
        var boundary = "-".repeat(69) + "x";
        var filling = "-".repeat(40 << 20);
        var body = "--" + boundary + "\r\nContent-Disposition: form-data; name=\"model\"\r\n\r\nm\r\n--" + boundary
                + "\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a\"\r\n\r\n" + filling + "\r\n--"
                + boundary
                + "--";
        // When
        var started = System.nanoTime();
        var head = read(new Transcriptions(), body, "multipart/form-data; boundary=" + boundary);
        // Then
        assertThat(head.model()).isEqualTo("m");
        assertThat(System.nanoTime() - started).isLessThan(5_000_000_000L);
    }
}
