package dev.sluice.config;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.networknt.schema.JsonSchema;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.SchemaLocation;
import com.networknt.schema.SpecVersion;
import com.networknt.schema.ValidationMessage;
import java.io.IOException;
import java.math.BigDecimal;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.BiConsumer;
import java.util.stream.Stream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The schema against an independent validator, and against what the readers say of the same document. */
class PolicySchemaTest {
    private static final Path SHIPPED = Path.of("conf", "config.schema.json");
    private static final JsonNode tree = Documents.tree(PolicySchema.text());
    private static final JsonSchema schema =
            JsonSchemaFactory.getInstance(SpecVersion.VersionFlag.V202012).getSchema(tree);

    @Test
    void isShippedAsItIsMade() throws IOException {
        if (Boolean.getBoolean("sluice.schema.write")) {
            Files.writeString(SHIPPED, PolicySchema.text());
        }

        assertThat(SHIPPED)
                .as(
                        "after a change of the keys: mvn -q -Pquick test -Dtest=PolicySchemaTest -Dsluice.schema.write=true")
                .hasContent(PolicySchema.text());
    }

    @Test
    void isASchema() {
        var metaSchema = JsonSchemaFactory.getInstance(SpecVersion.VersionFlag.V202012)
                .getSchema(SchemaLocation.of("https://json-schema.org/draft/2020-12/schema"));

        assertThat(metaSchema.validate(tree)).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"complete", "default", "minimal", "every-key"})
    void admitsTheDocumentedExamples(String name) {
        assertThat(complaints(Documents.tree(Documents.text(name)))).isEmpty();
    }

    @Test
    void admitsThePoliciesThatAreShipped() throws IOException {
        try (var files = Files.newDirectoryStream(Path.of("conf"), "*.hujson")) {
            for (var file : files) {
                assertThat(complaints(Documents.tree(Files.readString(file))))
                        .as(file.toString())
                        .isEmpty();
            }
        }
    }

    @Test
    void hasNoKeyThatTheDocumentWithEveryKeyLacks() {
        var used = new TreeSet<String>();
        collect(Documents.tree(Documents.text("every-key")), tree, used);
        var known = new TreeSet<String>();
        definitions()
                .forEach((name, definition) -> definition
                        .path("properties")
                        .fieldNames()
                        .forEachRemaining(key -> known.add(name + "." + key)));
        // Is reported wherever it stands.
        known.remove("Grant.srcPosture");

        assertThat(used).isEqualTo(known);
    }

    @Test
    void saysOfEveryKeyWhatItIsFor() {
        definitions()
                .forEach((name, definition) -> definition
                        .path("properties")
                        .properties()
                        .forEach(property -> assertThat(
                                        property.getValue().path("description").asText())
                                .as("%s.%s", name, property.getKey())
                                .isNotBlank()));
    }

    @Test
    void refusesAKeyThatNobodyKnowsInEveryObject() {
        var document = Documents.tree(Documents.text("every-key"));
        for (var object : closedObjects(document)) {
            object.put("no_such_key", 1);

            assertThat(complaints(document)).as(object.toString()).isNotEmpty();
            assertThat(Documents.messages(Documents.read(document.toString())))
                    .as(object.toString())
                    .anyMatch(message -> message.contains("\"no_such_key\""));
            object.remove("no_such_key");
        }
    }

    static Stream<String> words() {
        return definitions().entrySet().stream()
                .flatMap(definition -> definition.getValue().path("properties").properties().stream()
                        .filter(property -> !words(property.getValue()).isEmpty())
                        .map(property -> definition.getKey() + "." + property.getKey()));
    }

    @ParameterizedTest
    @MethodSource("words")
    void offersNoWordThatIsNotRead(String key) {
        var parts = key.split("\\.", 2);
        var property =
                requireNonNull(definitions().get(parts[0])).path("properties").path(parts[1]);
        for (var word : words(property)) {
            var document = Documents.tree(Documents.text("every-key"));
            for (var object : instances(document, parts[0])) {
                if (object.path(parts[1]).isArray()) {
                    object.putArray(parts[1]).add(word);
                } else if (object.has(parts[1])) {
                    object.put(parts[1], word);
                }
            }

            // Another kind of credential wants other fields beside it.
            assertThat(Documents.messages(Documents.read(document.toString())))
                    .as("%s: %s", key, word)
                    .noneMatch(message -> message.contains("expected: one of")
                            || message.contains("invalid authorization type")
                            || message.contains("expected: \"admin\" or \"user\""));
        }
    }

    /** What an editor underlines, the gateway complains about, and of what it cannot know the schema says nothing. */
    @Property(tries = 2000)
    void refusesNothingThatIsReadWithoutAFinding(@ForAll long seed, @ForAll @IntRange(min = 1, max = 3) int changes) {
        var document = Documents.tree(Documents.text("every-key"));
        var random = new Random(seed);
        for (int i = 0; i < changes; i++) {
            change(document, random);
        }

        var findings = Documents.read(document.toString()).findings();

        if (findings.isEmpty()) {
            assertThat(complaints(document)).as(document.toString()).isEmpty();
        }
        if (findings.stream().anyMatch(it -> isAboutForm(it.message()))) {
            assertThat(complaints(document)).as(findings.toString()).isNotEmpty();
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"providers\": {\"p\": {\"baseurl\": \"${URL}\", \"authorization\": \"${HOW}\", \"cost_basis\": \"${COST:-openai}\"}}}",
                "{\"quotas\": {\"q\": {\"capacity\": \"${MUCH}\", \"rate\": \"$1/${UNIT}\"}}}",
                "{\"providers\": null, \"grants\": null, \"auto_cost_basis\": null, \"exporters\": {\"s3\": {\"every\": null}}}",
                "{\"grants\": [{\"app\": {\"example.com/cap/any\": 5, \"tailscale.com/cap/aperture\": [{\"models\": [\"a b\"]}]}}]}"
            })
    void admitsMacrosAndNulls(String document) {
        assertThat(complaints(Documents.tree(document))).isEmpty();
    }

    private static boolean isAboutForm(String message) {
        return message.startsWith("unknown config key")
                || message.contains(": unknown field ")
                || message.endsWith("(expected: string)")
                || message.endsWith("(expected: boolean)")
                || message.endsWith("(expected: number)")
                || message.endsWith("(expected: array)");
    }

    private static Set<ValidationMessage> complaints(JsonNode document) {
        return schema.validate(document);
    }

    /** Of every kind of object by name; the document itself is one of them. */
    private static Map<String, JsonNode> definitions() {
        var definitions = new LinkedHashMap<String, JsonNode>();
        definitions.put("Document", tree);
        tree.path("$defs").properties().forEach(it -> definitions.put(it.getKey(), it.getValue()));
        return definitions;
    }

    private static List<String> words(JsonNode property) {
        var words = new ArrayList<String>();
        for (var place : List.of(property, property.path("items"))) {
            for (var way : place.path("anyOf")) {
                way.path("enum").forEach(word -> {
                    if (word.isTextual()) {
                        words.add(word.textValue());
                    }
                });
            }
        }
        return words;
    }

    /** Which keys of which kinds of objects a document uses. */
    private static void collect(JsonNode value, JsonNode kind, Set<String> used) {
        walk(
                value,
                kind,
                "Document",
                (name, object) -> object.fieldNames().forEachRemaining(key -> {
                    if (requireNonNull(definitions().get(name))
                            .path("properties")
                            .has(key)) {
                        used.add(name + "." + key);
                    }
                }));
    }

    private static List<ObjectNode> instances(JsonNode document, String kind) {
        var instances = new ArrayList<ObjectNode>();
        walk(document, tree, "Document", (name, object) -> {
            if (name.equals(kind)) {
                instances.add(object);
            }
        });
        return instances;
    }

    private static List<ObjectNode> closedObjects(JsonNode document) {
        var objects = new ArrayList<ObjectNode>();
        walk(document, tree, "Document", (name, object) -> {
            if (requireNonNull(definitions().get(name)).has("additionalProperties")) {
                objects.add(object);
            }
        });
        return objects;
    }

    private static void walk(JsonNode value, JsonNode kind, String name, BiConsumer<String, ObjectNode> visit) {
        var reference = kind.path("$ref").asText();
        if (!reference.isEmpty()) {
            var target = reference.substring("#/$defs/".length());
            walk(value, requireNonNull(definitions().get(target)), target, visit);
        } else if (value instanceof ArrayNode array) {
            array.forEach(item -> walk(item, kind.path("items"), name, visit));
        } else if (value instanceof ObjectNode object) {
            if (kind.has("properties")) {
                visit.accept(name, object);
            }
            object.properties()
                    .forEach(member -> walk(
                            member.getValue(),
                            kind.path("properties").has(member.getKey())
                                    ? kind.path("properties").path(member.getKey())
                                    : kind.path("additionalProperties"),
                            name,
                            visit));
        }
    }

    /** Gives some member of some object another value or another name. */
    private static void change(JsonNode document, Random random) {
        var objects = new ArrayList<ObjectNode>();
        objects(document, objects);
        var object = objects.get(random.nextInt(objects.size()));
        var keys = new ArrayList<String>();
        object.fieldNames().forEachRemaining(keys::add);
        if (keys.isEmpty()) {
            return;
        }
        var key = keys.get(random.nextInt(keys.size()));
        if (random.nextInt(4) == 0) {
            object.set(key + "x", object.remove(key));
        } else {
            object.set(key, some(random));
        }
    }

    private static void objects(JsonNode value, List<ObjectNode> objects) {
        if (value instanceof ObjectNode object) {
            objects.add(object);
        }
        value.forEach(it -> objects(it, objects));
    }

    private static JsonNode some(Random random) {
        var make = JsonNodeFactory.instance;
        return switch (random.nextInt(13)) {
            case 0 -> make.nullNode();
            case 1 -> make.booleanNode(random.nextBoolean());
            case 2 -> make.numberNode(random.nextInt(10) - 5);
            case 3 -> make.numberNode(new BigDecimal("1.5"));
            case 4 -> make.numberNode(new BigDecimal("2E+1"));
            case 5 -> make.textNode("");
            case 6 -> make.textNode("https://x.example.com");
            case 7 -> make.textNode("$1/day");
            case 8 -> make.arrayNode();
            case 9 -> make.arrayNode().add("**");
            case 10 -> make.arrayNode().add(5).addNull();
            case 11 -> make.objectNode();
            default -> make.objectNode().put("value", true);
        };
    }
}
