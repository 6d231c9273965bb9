package dev.sluice.wire;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sluice.wire.RequestHead.JsonModel;
import dev.sluice.wire.RequestHead.Splice;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

class RequestReaderPropertiesTest {
    private static final ObjectMapper JSON = new ObjectMapper().enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);

    private static final List<String> STREAM_OPTIONS = List.of(
            "null",
            "{}",
            "{ }",
            "{\"include_usage\":true}",
            "{ \"include_usage\" : false }",
            "{\"x\":{\"include_usage\":true},\"include_usage\":null}",
            "{\n\"include_usage\":false,\"y\":[1,\"}\"]}",
            "{\"include_obfuscation\":false}");

    @Provide
    Arbitrary<byte[]> bodies() {
        return Arbitraries.randomValue(RequestReaderPropertiesTest::body);
    }

    @Provide
    Arbitrary<byte[]> damagedBodies() {
        return Arbitraries.randomValue(random -> damaged(body(random), random));
    }

    private static byte[] body(Random random) {
        var json = new JsonScribbler(random);
        var fields = new ArrayList<String>();
        fields.add(json.field("model", json.string(json.oneOf(List.of("gpt-5.5", "a/b", "модель-世🦊", "x\"y\\z")))));
        if (random.nextInt(4) > 0) {
            fields.add(json.field("stream", json.oneOf(List.of("true", "true", "false", "null"))));
        }
        if (random.nextInt(4) > 0) {
            fields.add(json.field("stream_options", json.oneOf(STREAM_OPTIONS)));
        }
        for (var name : List.of("messages", "tools", "metadata", "conversation", "session_id", "prompt_cache_key")) {
            if (random.nextInt(3) == 0) {
                fields.add(json.field(name, json.value(3)));
            }
        }
        var bom = random.nextInt(10) == 0 ? "\uFEFF" : "";
        return Heads.utf8(bom + json.object(fields));
    }

    private static byte[] damaged(byte[] body, Random random) {
        var copy = Arrays.copyOf(body, body.length - random.nextInt(body.length) * random.nextInt(2));
        for (var i = random.nextInt(4); i > 0 && copy.length > 0; i--) {
            copy[random.nextInt(copy.length)] =
                    random.nextBoolean() ? (byte) random.nextInt() : (byte) "{}[]\",:\\u0 ".charAt(random.nextInt(11));
        }
        return copy;
    }

    @Property(tries = 1_000)
    void readsWhatATreeWouldRead(@ForAll("bodies") byte[] body) throws Exception {
        // When
        var head = Heads.read(Heads.CHAT, body, Map.of());
        // Then
        var tree = tree(body);
        assertThat(head.model()).isEqualTo(tree.get("model").textValue());
        assertThat(head.stream()).isEqualTo(tree.path("stream").asBoolean());
        assertThat(head.usageAsked())
                .isEqualTo(tree.path("stream_options").path("include_usage").asBoolean());
        var place = (JsonModel) head.place();
        assertThat(JSON.readValue(Arrays.copyOfRange(body, place.start(), place.end()), String.class))
                .isEqualTo(head.model());
    }

    @Property(tries = 1_000)
    void splicesOnlyWhatItSays(@ForAll("bodies") byte[] body) throws Exception {
        // Given
        var head = Heads.read(Heads.CHAT, body, Map.of());
        var usage = head.usageSplice();
        var model = head.place().edit("andere-世").orElseThrow();
        var splices = Stream.of(model, usage == null ? model : usage).distinct().toList();
        // When
        var spliced = Splices.apply(body, splices).toArray();
        // Then
        var expected = tree(body);
        expected.put("model", "andere-世");
        if (head.stream()) {
            expected.withObjectProperty("stream_options").put("include_usage", true);
        }
        assertThat(tree(spliced)).isEqualTo(expected);
        assertThat(spliced).isEqualTo(byHand(body, splices));
    }

    @Property(tries = 300)
    void asksForUsageOnce(@ForAll("bodies") byte[] body) throws Exception {
        // Given
        var usage = Heads.read(Heads.CHAT, body, Map.of()).usageSplice();
        var spliced = usage == null ? body : Splices.apply(body, List.of(usage)).toArray();
        // When
        var again = Heads.read(Heads.CHAT, spliced, Map.of());
        // Then
        assertThat(again.usageSplice()).isNull();
        assertThat(again.usageAsked() || !again.stream()).isTrue();
    }

    @Property(tries = 3_000)
    void refusesDamagedBodiesOrReadsThemAsATreeWould(@ForAll("damagedBodies") byte[] body) throws Exception {
        for (var format : Heads.MODEL_IN_BODY) {
            RequestHead head;
            try {
                head = Heads.read(format, body, Map.of());
            } catch (BadRequest e) {
                assertThat(e).hasMessageContaining("expected");
                continue;
            }
            assertThat(head.model()).isEqualTo(tree(body).get("model").textValue());
            assertThat(head.stream()).isEqualTo(tree(body).path("stream").asBoolean());
        }
    }

    @Property(tries = 2_000)
    void refusesRandomBytes(@ForAll byte[] body) {
        for (var format : Heads.MODEL_IN_BODY) {
            try {
                Heads.read(format, body, Map.of());
            } catch (BadRequest e) {
                assertThat(e).hasMessageContaining("expected");
            }
        }
    }

    private static ObjectNode tree(byte[] body) throws IOException {
        JsonNode tree = JSON.readTree(body);
        return (ObjectNode) tree;
    }

    /** The plain way to edit: from the last edit to the first, all bytes copied. */
    private static byte[] byHand(byte[] body, List<Splice> splices) {
        var result = new StringBuilder(new String(body, StandardCharsets.ISO_8859_1));
        splices.stream()
                .sorted((a, b) -> b.start() - a.start())
                .forEach(s -> result.replace(s.start(), s.end(), s.replacement()));
        return result.toString().getBytes(StandardCharsets.ISO_8859_1);
    }
}
