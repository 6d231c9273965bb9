package dev.sluice.wire;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;

/** Writes JSON as no serialiser would: any order, any white space, any escapes, any characters. */
final class JsonScribbler {
    private static final List<String> PIECES =
            List.of("a", "Z", " ", "ü", "я", "世", "界", "🦊", "\"", "\\", "/", "\n", "\u0001", "{", "}", "model", ":");

    private final Random random;

    JsonScribbler(Random random) {
        this.random = random;
    }

    /** An object of these fields, each already JSON, and of others among them. */
    String object(List<String> fields) {
        var all = new ArrayList<>(fields);
        for (var i = random.nextInt(6); i > 0; i--) {
            all.add(field("x" + i + text(), value(3)));
        }
        Collections.shuffle(all, random);
        return blank() + "{" + blank() + String.join(blank() + "," + blank(), all) + blank() + "}" + blank();
    }

    String field(String name, String json) {
        return string(name) + blank() + ":" + blank() + json;
    }

    String value(int depth) {
        return switch (random.nextInt(depth > 0 ? 8 : 6)) {
            case 0 -> string(text());
            case 1 -> "" + random.nextLong();
            case 2 -> "" + random.nextDouble();
            case 3 -> "null";
            case 4 -> "true";
            case 5 -> "-0.0E+1";
            case 6 -> "[" + blank() + value(depth - 1) + blank() + "," + value(depth - 1) + "]";
            default -> "{" + field("model", value(depth - 1)) + "," + blank() + field("stream", value(depth - 1)) + "}";
        };
    }

    String string(String text) {
        var json = new StringBuilder("\"");
        text.codePoints().forEach(c -> {
            if (c < ' ' || c == '"' || c == '\\' || random.nextInt(8) == 0) {
                Character.toString(c).chars().forEach(unit -> json.append("\\u%04x".formatted(unit)));
            } else {
                json.appendCodePoint(c);
            }
        });
        return json.append('"').toString();
    }

    String text() {
        var text = new StringBuilder();
        for (var i = random.nextInt(12); i > 0; i--) {
            text.append(oneOf(PIECES));
        }
        return text.toString();
    }

    String blank() {
        return oneOf(List.of("", "", "", " ", "\n", "\r\n\t", "   "));
    }

    <T> T oneOf(List<T> choices) {
        return choices.get(random.nextInt(choices.size()));
    }
}
