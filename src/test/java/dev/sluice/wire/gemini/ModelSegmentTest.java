package dev.sluice.wire.gemini;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.wire.Asked;
import dev.sluice.wire.WireFormat;
import dev.sluice.wire.vertex.RawPredict;
import dev.sluice.wire.vertex.VertexGenerateContent;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ModelSegmentTest {
    private static final String PUBLISHERS = "/v1/projects/{project}/locations/{location}/publishers/";
    private static final Set<String> COMPATIBLE =
            Set.of("google_generate_content", "experimental_gemini_cli_vertex_compat");

    @ParameterizedTest
    @CsvSource({
        "gemini-2.5-pro:countTokens, gemini-2.5-pro:countTokens",
        "gemini%2D2.5-pro:countTokens, gemini%2D2.5-pro:countTokens",
        "gemini-2.5-pro%3AcountTokens, gemini-2.5-pro:countTokens",
        "gemini-2.5-pro%3acountTokens, gemini-2.5-pro:countTokens",
        "google%2Fgemini-2.5-pro:countTokens, gemini-2.5-pro:countTokens",
        "google%2Fgemini-2.5-pro%3AcountTokens, gemini-2.5-pro:countTokens",
    })
    void keepsThePathAsItCameButAsksWithABareColonAndForTheModelMeant(String sent, String upstream) throws Exception {
        assertThat(path(new GenerateContent(), "/v1beta/models/", sent, "gemini-2.5-pro", Set.of()))
                .isEqualTo("/v1beta/models/" + upstream);
        assertThat(path(new VertexGenerateContent(), PUBLISHERS + "google/models/", sent, "gemini-2.5-pro", Set.of()))
                .isEqualTo(PUBLISHERS + "google/models/" + upstream);
    }

    @ParameterizedTest
    @CsvSource({
        "claude-opus-4-5%4020251101:rawPredict, claude-opus-4-5%4020251101:rawPredict",
        "claude-opus-4-5@20251101%3ArawPredict, claude-opus-4-5@20251101:rawPredict",
        "vertex%2Fclaude-opus-4-5%4020251101%3ArawPredict, claude-opus-4-5@20251101:rawPredict",
    })
    void doesTheSameForAnthropicsModels(String sent, String upstream) throws Exception {
        assertThat(path(new RawPredict(), PUBLISHERS + "anthropic/models/", sent, "claude-opus-4-5@20251101", Set.of()))
                .isEqualTo(PUBLISHERS + "anthropic/models/" + upstream);
    }

    @ParameterizedTest
    @CsvSource({"gemini-2.5-pro:countTokens", "gemini-2.5-pro%3AcountTokens", "vertex%2Fgemini-2.5-pro%3AcountTokens"})
    void makesAProjectsPathOfAShortOneHoweverItIsEncoded(String sent) throws Exception {
        assertThat(path(new GenerateContent(), "/v1beta/models/", sent, "gemini-2.5-pro", COMPATIBLE))
                .endsWith("/publishers/google/models/gemini-2.5-pro:countTokens");
    }

    private static String path(WireFormat format, String before, String sent, String model, Set<String> flags)
            throws Exception {
        var decoded = URLDecoder.decode(sent, StandardCharsets.UTF_8);
        var colon = decoded.lastIndexOf(':');
        var asked = format.operations().stream()
                .filter(it -> it.path().equals(before + "{+model}" + decoded.substring(colon)))
                .findFirst()
                .orElseThrow();
        var parameters = Map.of("model", decoded.substring(0, colon));
        var body = "{\"contents\": [], \"messages\": [], \"max_tokens\": 1}".getBytes(StandardCharsets.UTF_8);
        var head = format.readHead(new Asked(asked, parameters, body, "application/json", _ -> null));
        return format.upstreamPath(asked, parameters, before + sent, head, model, flags);
    }
}
