package dev.sluice.simulator;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.json.JsonReadFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.NullNode;
import dev.sluice.simulator.DemoModel.Maker;
import java.io.IOException;
import java.nio.file.Path;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** {@code conf/demo.hujson} offers the models that the simulator plays, and prices each. */
class DemoPolicyTest {
    private JsonNode policy = NullNode.getInstance();

    @BeforeEach
    void read() throws IOException {
        policy = JsonMapper.builder()
                .enable(JsonReadFeature.ALLOW_JAVA_COMMENTS, JsonReadFeature.ALLOW_TRAILING_COMMA)
                .build()
                .readTree(Path.of("conf/demo.hujson").toFile());
    }

    @Test
    void offersEverySimulatedModelAndNoOther() {
        assertThat(models("openai-sim"))
                .containsExactlyElementsOf(
                        DemoModel.of(Maker.OPENAI).stream().map(DemoModel::id).toList());
        assertThat(models("anthropic-sim"))
                .containsExactlyElementsOf(DemoModel.of(Maker.ANTHROPIC).stream()
                        .map(DemoModel::id)
                        .toList());
        assertThat(models("gemini-sim"))
                .containsExactlyElementsOf(
                        DemoModel.of(Maker.GOOGLE).stream().map(DemoModel::id).toList());
        assertThat(models("bedrock-sim"))
                .containsExactlyElementsOf(
                        DemoModel.of(Maker.AMAZON).stream().map(DemoModel::id).toList());
    }

    @Test
    void pricesEveryModel() {
        for (var provider : policy.path("providers")) {
            assertThat(provider.path("cost_basis").asText()).isNotEmpty();
            assertThat(provider.path("model_cost_map").findValuesAsText("match"))
                    .contains("sim-*");
        }
    }

    @Test
    void namesOnlyQuotasThatItDefines() {
        assertThat(policy.findValuesAsText("bucket")).isNotEmpty().allMatch(policy.path("quotas")::has);
    }

    private java.util.List<String> models(String provider) {
        return StreamSupport.stream(
                        policy.path("providers").path(provider).path("models").spliterator(), false)
                .map(JsonNode::asText)
                .toList();
    }
}
