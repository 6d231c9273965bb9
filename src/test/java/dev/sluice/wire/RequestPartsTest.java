package dev.sluice.wire;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.wire.Retold.Range;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;

class RequestPartsTest {
    private static final List<String> CONVERSATIONS = List.of("messages", "input", "contents");
    private static final List<String> CONSTANTS =
            List.of("system", "instructions", "systemInstruction", "tools", "toolConfig");

    private static List<String> cut(byte[] body) {
        var at = 0;
        var told = new ArrayList<String>();
        for (Range part : Retold.parts(body)) {
            assertThat(part.from()).isEqualTo(at);
            assertThat(part.to()).isGreaterThan(part.from());
            at = part.to();
            told.add(new String(body, part.from(), part.to() - part.from(), StandardCharsets.ISO_8859_1));
        }
        assertThat(at).isEqualTo(body.length);
        return told;
    }

    private static List<String> cut(String body) {
        return cut(body.getBytes(StandardCharsets.UTF_8));
    }

    @Property(tries = 200)
    void theRangesOfAnyBytesAreTheBytes(@ForAll byte[] body) {
        cut(body);
    }

    @Property(tries = 200)
    void theRangesOfAnyJsonAreTheJson(@ForAll long seed) {
        var random = new Random(seed);
        var json = new JsonScribbler(random);
        var fields = new ArrayList<String>();
        for (int i = random.nextInt(6); i > 0; i--) {
            var names = random.nextBoolean() ? CONVERSATIONS : CONSTANTS;
            fields.add(json.field(names.get(random.nextInt(names.size())), json.value(4)));
        }
        var body = json.object(fields);
        cut(body);
        cut(body.substring(0, random.nextInt(body.length())));
    }

    @Property(tries = 200)
    void aTurnMoreLeavesTheRangesBeforeItAsTheyWere(@ForAll long seed) {
        var random = new Random(seed);
        var json = new JsonScribbler(random);
        var messages = new ArrayList<String>();
        for (int i = random.nextInt(8); i >= 0; i--) {
            messages.add("{" + json.field("content", json.value(3)) + "}" + json.blank());
        }
        var constant = json.oneOf(CONSTANTS);
        var value = json.oneOf(List.of(json.string(json.text()), "[" + json.value(3) + "]", "{}"));
        var open = "{\"model\":\"m\"," + json.blank() + "\"" + constant + "\":" + json.blank();
        var between = json.blank() + ",\"" + json.oneOf(CONVERSATIONS) + "\":[" + json.blank();
        var said = open + value + between + String.join("," + json.blank(), messages);
        var before = said + "],\"stream\":true}";
        var after = said + ",{\"role\":\"user\"}],\"stream\":true}";

        var parts = cut(before);
        var more = cut(after);

        // The head, the constant, what stands between, each message, the rest.
        assertThat(parts).hasSize(3 + messages.size() + 1);
        assertThat(more.subList(0, parts.size() - 1)).isEqualTo(parts.subList(0, parts.size() - 1));
        assertThat(more.subList(parts.size() - 1, more.size())).hasSize(2);
        assertThat(parts.get(1))
                .isEqualTo(new String(value.getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1));
    }

    @Test
    void messagesToolsAndSystemPromptAreRangesOfTheirOwn() {
        assertThat(
                        cut(
                                "{\"model\":\"m\",\"system\":\"s\",\"messages\":[{\"a\":1}, {\"b\":[]}],\"tools\":[{\"c\":{}}]}"))
                .containsExactly(
                        "{\"model\":\"m\",\"system\":",
                        "\"s\"",
                        ",\"messages\":[",
                        "{\"a\":1}",
                        ", {\"b\":[]}",
                        "],\"tools\":",
                        "[{\"c\":{}}]",
                        "}");
        assertThat(cut("{\"input\":\"text\"}")).containsExactly("{\"input\":", "\"text\"", "}");
        assertThat(cut("{\"input\":[1,2,3]}")).containsExactly("{\"input\":[1,2,3]}");
        assertThat(cut("{\"messages\":[{}")).containsExactly("{\"messages\":[{}");
        assertThat(cut("")).isEmpty();
    }

    @Test
    void thereAreNoMoreRangesThanAnybodyNeeds() {
        var body = "{\"messages\":[" + "{},".repeat(100_000) + "{}]}";

        assertThat(cut(body)).hasSizeLessThanOrEqualTo(10_001);
    }
}
