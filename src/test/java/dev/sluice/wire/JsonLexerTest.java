package dev.sluice.wire;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.json.JsonWriteFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.ObjectWriter;
import com.fasterxml.jackson.databind.SerializationFeature;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;

class JsonLexerTest {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final List<ObjectWriter> WRITERS = List.of(
            JSON.writer(),
            JSON.writer().with(SerializationFeature.INDENT_OUTPUT),
            JSON.writer().with(JsonWriteFeature.ESCAPE_NON_ASCII));
    private static final List<String> TEXTS = List.of(
            "",
            "plain",
            "\"quoted\"",
            "back\\slash",
            "{\"a\":1}",
            "grüß 你好 👋",
            "\u007f\u0080\u07ff\u0800\uffff",
            "\n\t\b\u0001",
            "longer than eight");

    private enum Field {
        ROOT,
        TEXT,
        INNER,
        COUNTED
    }

    private static final JsonShape<Field> SHAPE = JsonShape.object(Field.ROOT)
            .with("a", JsonShape.text(Field.TEXT))
            .with(
                    "b",
                    JsonShape.object(Field.INNER)
                            .with("a", JsonShape.text(Field.TEXT))
                            .with("c", JsonShape.characters(Field.COUNTED)))
            .with("c", JsonShape.characters(Field.COUNTED));

    /** Writes down what it is told. */
    private static final class Recorder implements JsonListener<Field> {
        final List<String> heard = new ArrayList<>();

        @Override
        public void array(Field field) {
            heard.add("[" + field);
        }

        @Override
        public void begin(Field field) {
            heard.add("{" + field);
        }

        @Override
        public void end(Field field) {
            heard.add("}" + field);
        }

        @Override
        public void string(Field field, JsonText text) {
            heard.add(field + "=" + (field == Field.COUNTED ? text.characters() : text));
        }

        @Override
        public void number(Field field, JsonText text) {
            heard.add(field + "#" + text);
        }

        @Override
        public void truth(Field field, boolean value) {
            heard.add(field + "?" + value);
        }
    }

    @Property(tries = 500)
    void hearsOfAnyDocumentWhatJacksonReads(@ForAll long seed) throws JsonProcessingException {
        var random = new Random(seed);
        var document = object(random, 0);
        var bytes = WRITERS.get(random.nextInt(WRITERS.size())).writeValueAsBytes(document);
        var recorder = new Recorder();
        var lexer = new JsonLexer<>(SHAPE, recorder);

        int from = 0;
        while (from < bytes.length) {
            int to = Math.min(bytes.length, from + 1 + random.nextInt(random.nextBoolean() ? 3 : 200));
            lexer.feed(bytes, from, to);
            from = to;
        }

        var expected = new ArrayList<String>();
        expect(JSON.valueToTree(document), Field.ROOT, expected);
        assertThat(lexer.closed()).isTrue();
        assertThat(recorder.heard).isEqualTo(expected);
    }

    private static Map<String, Object> object(Random random, int depth) {
        var object = new HashMap<String, Object>();
        for (var key : List.of("a", "b", "c", "ünwanted", "d")) {
            if (random.nextBoolean()) {
                object.put(key, value(random, depth + 1));
            }
        }
        return object;
    }

    private static Object value(Random random, int depth) {
        return switch (random.nextInt(depth > 4 ? 4 : 7)) {
            case 0 -> random.nextInt();
            case 1 -> random.nextBoolean();
            case 2 -> random.nextDouble();
            case 3 -> TEXTS.get(random.nextInt(TEXTS.size()));
            case 4 -> {
                var list = new ArrayList<>();
                for (int i = random.nextInt(3); i > 0; i--) {
                    list.add(value(random, depth + 1));
                }
                yield list;
            }
            default -> object(random, depth);
        };
    }

    private static void expect(JsonNode node, Field field, List<String> heard) {
        heard.add("{" + field);
        node.properties().forEach(property -> {
            var key = property.getKey();
            if (key.equals("a")) {
                expectScalar(property.getValue(), Field.TEXT, heard);
            } else if (key.equals("c")) {
                expectScalar(property.getValue(), Field.COUNTED, heard);
            } else if (key.equals("b") && field == Field.ROOT) {
                expectInner(property.getValue(), heard);
            }
        });
        heard.add("}" + field);
    }

    private static void expectInner(JsonNode value, List<String> heard) {
        if (value.isArray()) {
            heard.add("[" + Field.INNER);
            value.forEach(element -> {
                if (element.isObject()) {
                    expect(element, Field.INNER, heard);
                }
            });
        } else if (value.isObject()) {
            expect(value, Field.INNER, heard);
        }
    }

    private static void expectScalar(JsonNode value, Field field, List<String> heard) {
        if (value.isTextual() && field == Field.COUNTED) {
            heard.add(field + "="
                    + value.asText().codePointCount(0, value.asText().length()));
        } else if (value.isTextual()) {
            heard.add(field + "=" + value.asText());
        } else if (value.isNumber() && field == Field.TEXT) {
            heard.add(field + "#" + value.asText());
        } else if (value.isBoolean() && field == Field.TEXT) {
            heard.add(field + "?" + value.asText());
        }
    }

    @Test
    void keepsOnlyTheBeginningOfALongTextInWholeCharacters() {
        var recorder = new Recorder();
        var bytes = ("{\"a\":\"" + "€".repeat(1000) + "\"}").getBytes(StandardCharsets.UTF_8);

        new JsonLexer<>(SHAPE, recorder).feed(bytes, 0, bytes.length);
        var torn = new JsonLexer<>(SHAPE, recorder);
        torn.feed(bytes, 0, 500);
        torn.feed(bytes, 500, bytes.length);

        var kept = "TEXT=" + "€".repeat(JsonShape.MAX_TEXT_BYTES / 3);
        assertThat(recorder.heard).containsExactly("{ROOT", kept, "}ROOT", "{ROOT", kept, "}ROOT");
    }

    @Test
    void countsASurrogatePairOnceAndHalfAPairToo() {
        var recorder = new Recorder();
        var bytes = "{\"c\":\"\\ud83d\\udc4b\",\"a\":\"\\ud83d\\udc4b\\ud83dx\"}".getBytes(StandardCharsets.UTF_8);

        new JsonLexer<>(SHAPE, recorder).feed(bytes, 0, bytes.length);

        assertThat(recorder.heard).containsExactly("{ROOT", "COUNTED=1", "TEXT=👋\uFFFDx", "}ROOT");
    }

    @Test
    void isBrokenByWhatIsNoObject() {
        for (var text :
                List.of("<html>", "[1]", "{]", "{\"a\" 1}", "{\"a\":1]", "{,}", "{\"a\":1 2}", "{\"a\":\"b\" \"c\"}")) {
            var lexer = new JsonLexer<>(SHAPE, new Recorder());
            var bytes = text.getBytes(StandardCharsets.UTF_8);
            lexer.feed(bytes, 0, bytes.length);
            assertThat(lexer.broken()).as(text).isTrue();
        }
    }
}
