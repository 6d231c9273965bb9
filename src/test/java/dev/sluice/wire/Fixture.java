package dev.sluice.wire;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.sluice.wire.chat.ChatAnswers;
import dev.sluice.wire.messages.MessagesAnswers;
import dev.sluice.wire.responses.ResponsesAnswers;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.apache.pekko.util.ByteString;

/** One recorded answer beside what it means. */
record Fixture(String format, String name, ByteString bytes, JsonNode meta, JsonNode expected) {
    static final ObjectMapper JSON = new ObjectMapper();
    private static final Path ROOT = Path.of("src/test/resources/wire");
    private static final List<String> CHAT =
            List.of("openai-chat", "azure-openai", "openrouter", "vllm", "ollama", "llama-cpp");

    static Stream<Fixture> all() {
        return Stream.concat(CHAT.stream(), Stream.of("openai-responses", "anthropic-messages"))
                .flatMap(Fixture::of);
    }

    static Fixture of(String format, String name) {
        return of(format)
                .filter(fixture -> fixture.name.equals(name))
                .findFirst()
                .orElseThrow();
    }

    private static Stream<Fixture> of(String format) {
        try (var files = Files.list(ROOT.resolve(format))) {
            return files
                    .filter(file -> file.toString().endsWith(".meta.json"))
                    .sorted()
                    .map(file -> read(format, file))
                    .toList()
                    .stream();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Fixture read(String format, Path metaFile) {
        try {
            var name = metaFile.getFileName().toString().replace(".meta.json", "");
            var meta = JSON.readTree(metaFile.toFile());
            var folder = ROOT.resolve(format);
            var body = ByteString.fromArray(Files.readAllBytes(
                    folder.resolve(meta.at("/response/body_file").asText())));
            return new Fixture(
                    format,
                    name,
                    body,
                    meta,
                    JSON.readTree(folder.resolve(name + ".expected.json").toFile()));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    byte[] body() {
        return bytes.toArray();
    }

    boolean stream() {
        return meta.at("/response/headers/content-type").asText().startsWith("text/event-stream");
    }

    AnswerReader reader() {
        var coding = meta.at("/response/headers/content-encoding").asText(null);
        return ContentCoding.wrap(coding, plainReader());
    }

    private AnswerReader plainReader() {
        return switch (format) {
            case "openai-responses" -> stream() ? ResponsesAnswers.stream() : ResponsesAnswers.json();
            case "anthropic-messages" -> messagesReader();
            default -> stream() ? ChatAnswers.stream(false) : ChatAnswers.json();
        };
    }

    private AnswerReader messagesReader() {
        if (meta.at("/request/path").asText().contains("count_tokens")) {
            return MessagesAnswers.countTokens();
        }
        return stream() ? MessagesAnswers.stream() : MessagesAnswers.json();
    }

    @Override
    public String toString() {
        return format + "/" + name;
    }
}
