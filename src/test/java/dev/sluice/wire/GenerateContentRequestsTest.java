package dev.sluice.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sluice.wire.gemini.GenerateContent;
import dev.sluice.wire.vertex.RawPredict;
import dev.sluice.wire.vertex.VertexGenerateContent;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Random;
import java.util.Set;
import java.util.stream.Stream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Requests to Google: the model stands in the path, what decides money stands deep in the body, and Vertex does not take all that Gemini does. */
class GenerateContentRequestsTest {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final WireFormat GEMINI = new GenerateContent();
    private static final WireFormat VERTEX = new VertexGenerateContent();
    private static final WireFormat RAW = new RawPredict();
    private static final Set<String> COMPATIBLE =
            Set.of("google_generate_content", "experimental_gemini_cli_vertex_compat");
    private static final Set<String> NATIVE = Set.of("gemini_generate_content");

    private static Operation operation(WireFormat format, String end) {
        return format.operations().stream()
                .filter(it -> it.path().endsWith(end))
                .findFirst()
                .orElseThrow();
    }

    private static RequestHead read(WireFormat format, String method, String model, String body) throws BadRequest {
        return Heads.read(format, operation(format, method), Map.of("model", model), Heads.utf8(body), Map.of());
    }

    private static RequestHead gemini(String body) throws BadRequest {
        return read(GEMINI, ":generateContent", "gemini-2.5-pro", body);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{'generationConfig': {'maxOutputTokens': 100}} | 100 | 1",
                "{'generation_config': {'max_output_tokens': 100, 'candidate_count': 3}} | 100 | 3",
                "{'generationConfig': {'candidateCount': 8, 'maxOutputTokens': 7}} | 7 | 8",
                "{'generationConfig': {'maxOutputTokens': 5}, 'generation_config': {'maxOutputTokens': 9}} | 9 | 1",
                "{'generationConfig': {'maxOutputTokens': 5, 'max_output_tokens': 9}} | 9 | 1",
                "{'generationConfig': {'maxOutputTokens': 0, 'candidateCount': 0}} | -1 | 1",
                "{'generationConfig': {'maxOutputTokens': null}} | -1 | 1",
                "{'generationConfig': null} | -1 | 1",
                "{'maxOutputTokens': 5, 'max_tokens': 3, 'n': 4} | -1 | 1",
                "{'other': {'generationConfig': {'maxOutputTokens': 5}}} | -1 | 1"
            })
    void readsWhatLimitsTheAnswer(String body, long limit, int choices) throws Exception {
        var head = gemini(body.replace('\'', '"'));

        assertThat(head.maxOutputTokens()).isEqualTo(limit < 0 ? OptionalLong.empty() : OptionalLong.of(limit));
        assertThat(head.choices()).isEqualTo(choices);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{'generationConfig': {'maxOutputTokens': 5}, 'generationConfig': {}}",
                "{'GenerationConfig': {'maxOutputTokens': 5}}",
                "{'generationConfig': {'maxOutputTokens': 5, 'maxOutputTokens': 6}}",
                "{'generationConfig': {'MaxOutputTokens': 5}}",
                "{'generationConfig': {'maxOutputTokens': '5'}}",
                "{'generationConfig': {'maxOutputTokens': -5}}",
                "{'generationConfig': {'candidateCount': 10001}}",
                "{'generationConfig': {'candidateCount': 1.5}}",
                "{'serviceTier': 'priority', 'service_tier': 'flex'}",
                "{'model': 'models/gemini-3-ultra'}",
                "{'model': 'gemini-2.5-pro', 'requests': [{'model': 'models/gemini-2.5-pro'}, {'MODEL': 'models/other'}]}",
                "{'generateContentRequest': {'model': 'models/other', 'contents': []}}",
                "{'model': 7}",
                "[]",
                "{'contents': []"
            })
    void refusesWhatCanBeReadInTwoWays(String body) {
        assertThatThrownBy(() -> gemini(body.replace('\'', '"')))
                .isInstanceOf(BadRequest.class)
                .hasMessageContaining("expected");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{'model': 'gemini-2.5-pro'}",
                "{'model': 'models/gemini-2.5-pro'}",
                "{'model': 'projects/p/locations/l/publishers/google/models/gemini-2.5-pro'}",
                "{'model': null}",
                "{'contents': [{'parts': [{'functionCall': {'args': {'model': 'other'}}}]}]}",
                "{'requests': [{'model': 'models/gemini-2.5-pro'}]}"
            })
    void takesABodyThatNamesThePathsModelOrNone(String body) throws Exception {
        assertThat(gemini(body.replace('\'', '"')).model()).isEqualTo("gemini-2.5-pro");
    }

    @Test
    void namesTheProvidersModelWhereverTheRequestNamesOne() throws Exception {
        // Given
        var body = "{\"requests\": [{\"model\": \"models/google/gemini-embedding-001\", \"content\": {}}, "
                + "{ \"model\" :\"models\\/google\\/gemini-embedding-001\" }]}";
        var asked = operation(GEMINI, ":batchEmbedContents");
        var head = read(GEMINI, ":batchEmbedContents", "google/gemini-embedding-001", body);
        // When
        var edited = Splices.apply(Heads.utf8(body), GEMINI.edits(head, "gemini-embedding-001", NATIVE));
        var path = GEMINI.upstreamPath(
                asked,
                Map.of(),
                "/v1beta/models/google%2Fgemini-embedding-001:batchEmbedContents",
                head,
                "gemini-embedding-001",
                NATIVE);
        // Then
        assertThat(edited.utf8String())
                .isEqualTo("{\"requests\": [{\"model\": \"models/gemini-embedding-001\", \"content\": {}}, "
                        + "{ \"model\" :\"models/gemini-embedding-001\" }]}");
        assertThat(path).isEqualTo("/v1beta/models/gemini-embedding-001:batchEmbedContents");
    }

    @Test
    void leavesAPathAloneThatNamesTheProvidersModel() throws Exception {
        var path = "/v1beta/models/gemini%2D2.5-pro:generateContent";

        assertThat(GEMINI.upstreamPath(
                        GEMINI.operations().getFirst(), Map.of(), path, gemini("{}"), "gemini-2.5-pro", NATIVE))
                .isEqualTo(path);
    }

    @ParameterizedTest
    @CsvSource({
        "/v1beta/models/m:streamGenerateContent, :streamGenerateContent",
        "/v1/models/x%3Ay:countTokens, :countTokens",
        "/v1alpha/models/m:generateContent, :generateContent"
    })
    void givesShortPathsAProjectAtACompatibleVertex(String path, String method) throws Exception {
        var asked = operation(GEMINI, method);

        assertThat(GEMINI.upstreamPath(asked, Map.of(), path, gemini("{}"), "gemini-2.5-pro", COMPATIBLE))
                .isEqualTo("/v1/projects/_aperture_auto_vertex_project_id_/locations/_aperture_auto_vertex_region_"
                        + "/publishers/google/models/gemini-2.5-pro" + method);
    }

    @Test
    void givesExpressPathsAProjectAtACompatibleVertexOnly() throws Exception {
        // Given
        var express = "/v1beta1/publishers/google/models/gemini-2.5-pro:generateContent";
        var full = "/v1beta1/projects/p/locations/l/publishers/google/models/gemini-2.5-pro:generateContent";
        var asked = VERTEX.operations().getFirst();
        var head = read(VERTEX, ":generateContent", "gemini-2.5-pro", "{}");
        // Then
        assertThat(VERTEX.upstreamPath(asked, Map.of(), express, head, "gemini-2.5-pro", COMPATIBLE))
                .startsWith("/v1/projects/_aperture_auto_vertex_project_id_/locations/");
        assertThat(VERTEX.upstreamPath(
                        asked, Map.of(), express, head, "gemini-2.5-pro", Set.of("google_generate_content")))
                .isEqualTo(express);
        assertThat(VERTEX.upstreamPath(asked, Map.of("project", "p"), full, head, "gemini-2.5-pro", COMPATIBLE))
                .isEqualTo(full);
    }

    @Test
    void speaksGeminiAtAVertexOnlyWhereThatIsSwitchedOn() {
        assertThat(GEMINI.isSpokenBy(NATIVE)).isTrue();
        assertThat(GEMINI.isSpokenBy(COMPATIBLE)).isTrue();
        assertThat(GEMINI.isSpokenBy(Set.of("google_generate_content"))).isFalse();
        assertThat(GEMINI.isSpokenBy(Set.of("experimental_gemini_cli_vertex_compat", "openai_chat")))
                .isFalse();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{'contents':[{'parts':[{'functionCall':{'id':'x'}}]}]} | {'contents':[{'parts':[{'functionCall':{}}]}]}",
                "{'contents':[{'parts':[{'functionCall':{ 'id' : 'x' , 'name':'f'}}]}]} | {'contents':[{'parts':[{'functionCall':{ 'name':'f'}}]}]}",
                "{'contents':[{'parts':[{'functionCall':{'name':'f' , 'id':'x' }}]}]} | {'contents':[{'parts':[{'functionCall':{'name':'f' }}]}]}",
                "{'contents':[{'parts':[{'functionResponse':{'id':1,'willContinue':true}}]}]} | {'contents':[{'parts':[{'functionResponse':{}}]}]}",
                "{'contents':[{'parts':[{'functionResponse':{'id':1,'name':'f','willContinue':true}}]}]} | {'contents':[{'parts':[{'functionResponse':{'name':'f'}}]}]}",
                "{'contents':[{'parts':[{'functionResponse':{'name':'f','id':1,'willContinue':true}}]}]} | {'contents':[{'parts':[{'functionResponse':{'name':'f'}}]}]}",
                "{'contents':{'parts':{'function_call':{'id':null,'args':{'id':'keep','functionCall':{'id':'keep'}}}}}} | {'contents':{'parts':{'function_call':{'args':{'id':'keep','functionCall':{'id':'keep'}}}}}}",
                "{'contents':[{'parts':[{'text':'x','partMetadata':{'id':{'a':[1,2]}}}]}],'store':false} | {'contents':[{'parts':[{'text':'x'}]}]}",
                "{'store':true,'toolConfig':{'includeServerSideToolInvocations':true,'x':1}} | {'toolConfig':{'x':1}}",
                "{'id':'keep','functionCall':{'id':'keep'},'tools':[{'functionCall':{'id':'keep'}}]} | {'id':'keep','functionCall':{'id':'keep'},'tools':[{'functionCall':{'id':'keep'}}]}"
            })
    void takesOutWhatVertexRefuses(String body, String expected) throws Exception {
        // Given
        var bytes = Heads.utf8(body.replace('\'', '"'));
        var head = gemini(body.replace('\'', '"'));
        // When
        var edited = Splices.apply(bytes, GEMINI.edits(head, "gemini-2.5-pro", COMPATIBLE));
        // Then
        assertThat(edited.utf8String().replace(" }", "}"))
                .isEqualTo(expected.replace('\'', '"').replace(" }", "}"));
        assertThat(GEMINI.edits(head, "gemini-2.5-pro", NATIVE)).isEmpty();
    }

    @Property(tries = 2_000)
    void takesOutWhatATreeWouldLose(@ForAll long seed) throws Exception {
        // Given
        var body = Heads.utf8(body(new Random(seed)));
        var head = Heads.read(GEMINI, operation(GEMINI, ":generateContent"), Map.of("model", "m"), body, Map.of());
        var expected = (ObjectNode) JSON.readTree(body);
        lose(expected);
        // When
        var edited = Splices.apply(body, GEMINI.edits(head, "m", COMPATIBLE)).toArray();
        // Then
        assertThat(JSON.readTree(edited)).isEqualTo(expected);
        assertThat(isSubsequence(edited, body)).isTrue();
    }

    private static String body(Random random) {
        var json = new JsonScribbler(random);
        var contents = new ArrayList<String>();
        for (var i = random.nextInt(4); i > 0; i--) {
            contents.add(content(json, random));
        }
        var list = json.blank() + String.join(json.blank() + "," + json.blank(), contents) + json.blank();
        var fields = new ArrayList<String>();
        fields.add(json.field("contents", contents.size() == 1 && random.nextBoolean() ? list : "[" + list + "]"));
        if (random.nextBoolean()) {
            fields.add(json.field("store", json.value(2)));
        }
        if (random.nextBoolean()) {
            fields.add(json.field(
                    "toolConfig", json.object(List.of(json.field("includeServerSideToolInvocations", json.value(1))))));
        }
        return json.object(fields);
    }

    private static String content(JsonScribbler json, Random random) {
        var parts = new ArrayList<String>();
        for (var i = random.nextInt(3); i > 0; i--) {
            var fields = new ArrayList<String>();
            var owner = json.oneOf(List.of("functionCall", "functionResponse", "function_call", "function_response"));
            if (random.nextInt(4) > 0) {
                fields.add(json.field(owner, call(json, random)));
            }
            if (random.nextInt(3) == 0) {
                fields.add(json.field("partMetadata", json.value(2)));
            }
            parts.add(json.object(fields));
        }
        var list = String.join("," + json.blank(), parts);
        var fields = new ArrayList<String>();
        fields.add(json.field("parts", parts.size() == 1 && random.nextBoolean() ? list : "[" + list + "]"));
        if (random.nextBoolean()) {
            fields.add(json.field("role", json.string("user")));
        }
        return json.object(fields);
    }

    private static String call(JsonScribbler json, Random random) {
        var fields = new ArrayList<String>();
        for (var name : List.of("id", "willContinue", "will_continue", "name")) {
            if (random.nextBoolean()) {
                fields.add(json.field(name, json.value(2)));
            }
        }
        if (random.nextBoolean()) {
            var inside = List.of(json.field("functionCall", json.object(List.of(json.field("id", json.value(1))))));
            fields.add(json.field("args", json.object(inside)));
        }
        // Without others among them, so that the object may become empty.
        return random.nextBoolean()
                ? json.object(fields)
                : "{" + json.blank() + String.join(json.blank() + "," + json.blank(), fields) + json.blank() + "}";
    }

    private static void lose(ObjectNode body) {
        body.remove("store");
        if (body.path("toolConfig") instanceof ObjectNode config) {
            config.remove("includeServerSideToolInvocations");
        }
        for (var content : each(body.path("contents"))) {
            for (var part : each(content.path("parts"))) {
                if (part instanceof ObjectNode object) {
                    object.remove("partMetadata");
                }
                lose(part.path("functionCall"), "id");
                lose(part.path("function_call"), "id");
                lose(part.path("functionResponse"), "id", "willContinue");
                lose(part.path("function_response"), "id", "will_continue");
            }
        }
    }

    private static void lose(JsonNode node, String... names) {
        if (node instanceof ObjectNode object) {
            object.remove(Arrays.asList(names));
        }
    }

    private static Iterable<JsonNode> each(JsonNode node) {
        return node.isArray() ? node : Stream.of(node).toList();
    }

    private static boolean isSubsequence(byte[] part, byte[] whole) {
        var at = 0;
        for (var i = 0; i < whole.length && at < part.length; i++) {
            at += whole[i] == part[at] ? 1 : 0;
        }
        return at == part.length;
    }

    @Property(tries = 2_000)
    void refusesDamagedBodiesOrReadsThemAsATreeWould(@ForAll long seed) throws Exception {
        var random = new Random(seed);
        var body = Heads.utf8(body(random));
        for (var i = random.nextInt(4); i > 0; i--) {
            body[random.nextInt(body.length)] =
                    random.nextBoolean() ? (byte) random.nextInt() : (byte) "{}[]\",:\\u0 ".charAt(random.nextInt(11));
        }
        RequestHead head;
        try {
            head = Heads.read(GEMINI, operation(GEMINI, ":generateContent"), Map.of("model", "m"), body, Map.of());
        } catch (BadRequest e) {
            assertThat(e).hasMessageContaining("expected");
            return;
        }
        var edited = Splices.apply(body, GEMINI.edits(head, "m", COMPATIBLE)).toArray();
        assertThat(JSON.readTree(edited).isObject()).isTrue();
    }

    @Test
    void knowsAConversationByItsFirstMessageWhoeverIsNamedAsItsAuthor() throws Exception {
        // Given
        var one = gemini("{\"contents\": [{\"parts\": [{\"text\": \"Hi\"}]}]}");
        var later = gemini("{\"contents\": [{\"role\": \"USER\", \"parts\": [{\"text\": \"Hi\"}]}, "
                + "{\"role\": \"model\", \"parts\": [{\"text\": \"Ho\"}]}]}");
        var single = gemini("{\"contents\": {\"role\": \"user\", \"parts\": {\"text\": \"Hi\"}}}");
        var other = gemini("{\"contents\": [{\"role\": \"user\", \"parts\": [{\"text\": \"Hallo\"}]}]}");
        var system = gemini("{\"system_instruction\": {\"parts\": [{\"text\": \"Be short\"}]}, "
                + "\"contents\": [{\"parts\": [{\"text\": \"Hi\"}]}]}");
        // Then
        assertThat(later.hints().fingerprint()).isEqualTo(one.hints().fingerprint());
        assertThat(single.hints().fingerprint()).isEqualTo(one.hints().fingerprint());
        assertThat(other.hints().fingerprint()).isNotEqualTo(one.hints().fingerprint());
        assertThat(system.hints().fingerprint()).isNotEqualTo(one.hints().fingerprint());
    }

    @Test
    void weighsWhatTheModelIsShown() throws Exception {
        // Given
        var text = "word ".repeat(400);
        // Then
        assertThat(gemini("{\"contents\": [{\"parts\": [{\"text\": \"" + text + "\"}]}]}")
                        .promptTokens())
                .isBetween(400L, 600L);
        assertThat(gemini("{\"systemInstruction\": {\"parts\": [{\"text\": \"" + text + "\"}]}}")
                        .promptTokens())
                .isBetween(400L, 600L);
        assertThat(gemini("{\"generationConfig\": {\"responseSchema\": {\"description\": \"" + text + "\"}}}")
                        .promptTokens())
                .isBetween(400L, 600L);
        assertThat(read(GEMINI, ":embedContent", "m", "{\"content\": {\"parts\": [{\"text\": \"" + text + "\"}]}}")
                        .promptTokens())
                .isBetween(400L, 600L);
        assertThat(read(VERTEX, ":predict", "m", "{\"instances\": [{\"content\": \"" + text + "\"}]}")
                        .promptTokens())
                .isBetween(400L, 600L);
        assertThat(gemini("{\"cachedContent\": \"cachedContents/x\"}").promptTokens())
                .isGreaterThanOrEqualTo(PromptEstimate.CACHE_TOKENS);
        assertThat(gemini("{\"contents\": [{\"parts\": [{\"fileData\": {\"fileUri\": \"gs://b/o\"}}]}]}")
                        .promptTokens())
                .isGreaterThanOrEqualTo(PromptEstimate.OPAQUE_TOKENS);
    }

    @Test
    void streamsByMethodAndNotByBody() throws Exception {
        assertThat(read(GEMINI, ":streamGenerateContent", "m", "{\"stream\": false}").stream())
                .isTrue();
        assertThat(read(GEMINI, ":generateContent", "m", "{\"stream\": true}").stream())
                .isFalse();
        assertThat(read(RAW, ":streamRawPredict", "m", "{}").stream()).isTrue();
        assertThat(read(RAW, "}:rawPredict", "m", "{\"stream\": true}").stream())
                .isTrue();
    }

    @Test
    void asksVertexForATierByHeader() throws Exception {
        // Given
        var header = Map.of("x-vertex-ai-llm-shared-request-type", "priority");
        // When
        var head = Heads.read(VERTEX, VERTEX.operations().getFirst(), Map.of("model", "m"), Heads.utf8("{}"), header);
        // Then
        assertThat(head.serviceTier()).isEqualTo("priority");
        assertThat(gemini("{\"serviceTier\": \"flex\"}").serviceTier()).isEqualTo("flex");
    }

    @Test
    void countsAnthropicsTokensForTheModelOfTheBody() throws Exception {
        // Given
        var body =
                "{\"anthropic_version\": \"vertex-2023-10-16\", \"model\": \"vertex/claude-opus-4-5\", \"messages\": []}";
        // When
        var head = Heads.read(RAW, operation(RAW, "count-tokens:rawPredict"), Map.of(), Heads.utf8(body), Map.of());
        // Then
        assertThat(head.model()).isEqualTo("vertex/claude-opus-4-5");
        assertThat(Splices.apply(Heads.utf8(body), RAW.edits(head, "claude-opus-4-5", Set.of()))
                        .utf8String())
                .isEqualTo(body.replace("vertex/", ""));
    }

    @Test
    void refusesAMessageForAnotherModelThanThePaths() {
        assertThatThrownBy(() -> read(RAW, "}:rawPredict", "claude-haiku-4-5", "{\"model\": \"claude-opus-4-5\"}"))
                .isInstanceOf(BadRequest.class)
                .hasMessageContaining("model");
    }

    @Test
    void keepsTheVersionInAModelsName() throws Exception {
        // Given
        var head = read(RAW, "}:rawPredict", "vertex/claude-sonnet-4-5@20250929", "{}");
        // When
        var path = RAW.upstreamPath(
                operation(RAW, "}:rawPredict"),
                Map.of(),
                "/v1/projects/p/locations/global/publishers/anthropic/models/vertex%2Fclaude-sonnet-4-5@20250929:rawPredict",
                head,
                "claude-sonnet-4-5@20250929",
                Set.of());
        // Then
        assertThat(path)
                .isEqualTo(
                        "/v1/projects/p/locations/global/publishers/anthropic/models/claude-sonnet-4-5@20250929:rawPredict");
    }
}
