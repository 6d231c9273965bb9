package dev.sluice.wire.bedrock;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.wire.Asked;
import dev.sluice.wire.WireFormat;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Set;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.StringLength;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ModelPathTest {
    private static final WireFormat CONVERSE = new Converse();
    private static final WireFormat INVOKE = new InvokeModel();

    @ParameterizedTest
    @CsvSource({
        "/bedrock/model/us.anthropic.x-v1%3A0/converse, us.anthropic.x-v1:0, /model/us.anthropic.x-v1%3A0/converse",
        "/bedrock/model/us.anthropic.x-v1%3a0/converse, us.anthropic.x-v1:0, /model/us.anthropic.x-v1%3a0/converse",
        "/bedrock/model/us.anthropic.x-v1:0/converse, us.anthropic.x-v1:0, /model/us.anthropic.x-v1:0/converse",
        "/model/us.anthropic.x-v1%3A0/converse-stream, us.anthropic.x-v1:0, /model/us.anthropic.x-v1%3A0/converse-stream",
        "/model/aws%2Fus.anthropic.x-v1%3A0/converse, us.anthropic.x-v1:0, /model/us.anthropic.x-v1%3A0/converse",
        "/model/arn%3Aaws%3Abedrock%3Aeu-central-1%3A1%3Ainference-profile%2Feu.x/converse, arn:aws:bedrock:eu-central-1:1:inference-profile/eu.x, /model/arn%3Aaws%3Abedrock%3Aeu-central-1%3A1%3Ainference-profile%2Feu.x/converse",
        "/model/x/converse, a b+c%d/é, /model/a%20b%2Bc%25d%2F%C3%A9/converse",
    })
    void keepsThePathAsItCameUnlessTheModelIsReplaced(String sent, String model, String upstream) throws Exception {
        assertThat(upstream(CONVERSE, sent, model)).isEqualTo(upstream);
    }

    @ParameterizedTest
    @CsvSource({"invoke", "invoke-with-response-stream", "count-tokens"})
    void asksBedrockForWhatItWasAsked(String action) throws Exception {
        assertThat(upstream(INVOKE, "/bedrock/model/m/" + action, "m")).isEqualTo("/model/m/" + action);
    }

    @Property
    void encodesAnyNameSoThatItIsDecodedToItself(@ForAll @StringLength(min = 1, max = 50) String name) {
        // Given
        var model = new String(name.getBytes(StandardCharsets.UTF_8), StandardCharsets.UTF_8);
        // When
        var encoded = ModelPath.encoded(model);
        // Then
        assertThat(encoded).matches("[A-Za-z0-9%._~-]+");
        assertThat(URLDecoder.decode(encoded, StandardCharsets.UTF_8)).isEqualTo(model);
    }

    private static String upstream(WireFormat format, String sent, String model) throws Exception {
        var segments = sent.split("/", -1);
        var action = segments[segments.length - 1];
        var asked = format.operations().stream()
                .filter(it -> it.path().endsWith("}/" + action) && it.path().startsWith("/" + segments[1]))
                .findFirst()
                .orElseThrow();
        var name = URLDecoder.decode(segments[segments.length - 2].replace("+", "%2B"), StandardCharsets.UTF_8);
        var parameters = Map.of("model", name);
        var head = format.readHead(new Asked(asked, parameters, "{}".getBytes(StandardCharsets.UTF_8), "", _ -> null));
        return format.upstreamPath(asked, parameters, sent, head, model, Set.of());
    }
}
