package dev.sluice.wire;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.apache.pekko.util.ByteString;
import org.jspecify.annotations.Nullable;

/** One recorded answer beside what it means. */
record Fixture(String format, String name, ByteString bytes, JsonNode meta, JsonNode expected) {
    static final ObjectMapper JSON = new ObjectMapper();
    private static final Path ROOT = Path.of("src/test/resources/wire");
    /** Folder to the name of the wire format. */
    private static final Map<String, String> FORMATS = Map.ofEntries(
            Map.entry("openai-chat", "openai_chat"),
            Map.entry("azure-openai", "openai_chat"),
            Map.entry("openrouter", "openai_chat"),
            Map.entry("vllm", "openai_chat"),
            Map.entry("ollama", "openai_chat"),
            Map.entry("llama-cpp", "openai_chat"),
            Map.entry("openai-completions", "openai_completions"),
            Map.entry("openai-embeddings", "openai_embeddings"),
            Map.entry("openai-moderations", "openai_moderations"),
            Map.entry("openai-images", "openai_images"),
            Map.entry("openai-speech", "openai_speech"),
            Map.entry("openai-transcriptions", "openai_transcriptions"),
            Map.entry("rerank", "rerank"),
            Map.entry("openai-responses", "openai_responses"),
            Map.entry("anthropic-messages", "anthropic_messages"),
            Map.entry("gemini", "gemini_generate_content"),
            Map.entry("vertex-gemini", "google_generate_content"),
            Map.entry("vertex-anthropic", "google_raw_predict"),
            Map.entry("bedrock-invoke", "bedrock_model_invoke"),
            Map.entry("bedrock-converse", "bedrock_converse"));

    static Stream<Fixture> all() {
        return FORMATS.keySet().stream().sorted().flatMap(Fixture::of);
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

    /** The body without its content coding. */
    byte[] plain() {
        return ContentDecoding.decode(coding(), List.of(bytes), 1 << 24).orElseThrow();
    }

    private @Nullable String coding() {
        return meta.at("/response/headers/content-encoding").asText(null);
    }

    boolean stream() {
        return meta.at("/response/headers/content-type").asText().startsWith("text/event-stream");
    }

    AnswerReader reader() {
        return ContentCoding.wrap(coding(), plainReader(framing()));
    }

    /** A reader of the same answer, plain and in another framing. */
    AnswerReader plainReader(Framing framing) {
        return wireFormat().reader(new AnswerHead(operation(), framing, false, model(), this::header));
    }

    WireFormat wireFormat() {
        var name = FORMATS.get(format);
        return WireFormats.ALL.stream()
                .filter(it -> it.name().equals(name))
                .findFirst()
                .orElseThrow();
    }

    /** What was asked, by the request's path; the format's first operation for paths of another vendor's. */
    private Operation operation() {
        var path = meta.at("/request/path").asText().replaceFirst("\\?.*", "");
        var operations = wireFormat().operations();
        return operations.stream()
                .sorted(Comparator.comparingLong(
                        it -> it.path().chars().filter(c -> c == '{').count()))
                .filter(it -> path.matches(".*" + it.path().replaceAll("\\{[^}]*}", "[^/]+")))
                .findFirst()
                .orElse(operations.getFirst());
    }

    Framing framing() {
        return Framing.of(meta.at("/response/headers/content-type").asText());
    }

    /** The model of the path, where a path has one. */
    private String model() {
        return URLDecoder.decode(
                meta.at("/request/path").asText().replaceFirst(".*/models?/([^/?]+?)(:[A-Za-z]+)?([/?].*)?$", "$1"),
                StandardCharsets.UTF_8);
    }

    private @Nullable String header(String name) {
        return meta.at("/response/headers").path(name).asText(null);
    }

    @Override
    public String toString() {
        return format + "/" + name;
    }
}
