package dev.sluice.config;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.json.JsonReadFeature;
import java.io.IOException;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * JSON with comments and trailing commas, and nothing else lenient, as a tree that knows where everything stands.
 *
 * <p>We chose a tree of our own over Jackson's: a finding needs the line of the key it is about, and Jackson's tree has
 * forgotten it; it also forgets all but the last of duplicate keys.
 */
final class HuJson {
    // A policy nests a dozen levels; the reader recurses, so the bound keeps its stack small.
    private static final int DEEPEST = 100;

    private static final JsonFactory FACTORY = JsonFactory.builder()
            .enable(JsonReadFeature.ALLOW_JAVA_COMMENTS)
            .enable(JsonReadFeature.ALLOW_TRAILING_COMMA)
            // Interning would let documents fill a table that the whole process shares.
            .disable(JsonFactory.Feature.INTERN_FIELD_NAMES)
            .streamReadConstraints(
                    StreamReadConstraints.builder().maxNestingDepth(DEEPEST).build())
            .build();

    /** A place in the text, 1-based. */
    record Place(int line, int column) {
        /** For what concerns the document as a whole. */
        static final Place NOWHERE = new Place(0, 0);
    }

    /** Puts something else in place of a string, or of a part of it. */
    @FunctionalInterface
    interface Substitution {
        String substitute(String text, Place at);
    }

    /** A value and where it begins. */
    sealed interface Value {
        Place at();
    }

    /** Members in document order. */
    record Obj(Map<String, Member> members, Place at) implements Value {}

    /** One member of an object; {@code at} is the place of its key. */
    record Member(Value value, Place at) {}

    record Arr(List<Value> items, Place at) implements Value {}

    /**
     * A string. Messages quote {@code written}: {@code value} may hold a secret that came from the environment.
     *
     * @param value with macros substituted
     */
    record Text(String written, String value, Place at) implements Value {}

    record Num(BigDecimal value, Place at) implements Value {}

    record Bool(boolean value, Place at) implements Value {}

    record Null(Place at) implements Value {}

    /** The text is not HuJSON. */
    static final class Malformed extends Exception {
        private static final long serialVersionUID = 1L;

        final transient Place at;

        Malformed(String message, Place at) {
            super(message);
            this.at = at;
        }

        String details() {
            var message = getMessage();
            return message == null ? "not JSON" : message;
        }
    }

    private static final String UNRECOGNIZED = "Unrecognized token";

    private static final Pattern SOURCE = Pattern.compile("\\[Source: .*; line: (\\d+), column: (\\d+)]");

    private final JsonParser parser;
    private final Findings findings;
    private final Substitution substitution;

    private HuJson(JsonParser parser, Findings findings, Substitution substitution) {
        this.parser = parser;
        this.findings = findings;
        this.substitution = substitution;
    }

    /**
     * Reads one document.
     *
     * @param findings   gets a warning for every duplicate key; the last one wins, as it does in the original
     * @param substitution applied to string values, not to keys
     */
    static Value parse(String text, Findings findings, Substitution substitution) throws Malformed {
        try (var parser = FACTORY.createParser(withoutByteOrderMark(text))) {
            return new HuJson(parser, findings, substitution).document();
        } catch (JsonProcessingException e) {
            throw new Malformed(placed(firstLine(e.getOriginalMessage())), place(e.getLocation()));
        } catch (IOException e) {
            // Strings do not fail to be read; the signature says otherwise.
            throw new Malformed(String.valueOf(e.getMessage()), Place.NOWHERE);
        }
    }

    /** The tokens of a document, for who needs to know where each begins and ends; offsets count from after a byte order mark. */
    static JsonParser tokens(String text) throws IOException {
        return FACTORY.createParser(withoutByteOrderMark(text));
    }

    private Value document() throws IOException, Malformed {
        var first = parser.nextToken();
        if (first == null) {
            throw new Malformed("config must not be empty", new Place(1, 1));
        }
        var value = value(first);
        if (parser.nextToken() != null) {
            throw new Malformed("unexpected content after the end of the document", here());
        }
        return value;
    }

    private Value value(JsonToken token) throws IOException, Malformed {
        var at = here();
        return switch (token) {
            case START_OBJECT -> object(at);
            case START_ARRAY -> array(at);
            case VALUE_STRING -> {
                var written = parser.getText();
                yield new Text(written, substitution.substitute(written, at), at);
            }
            case VALUE_NUMBER_INT, VALUE_NUMBER_FLOAT -> number(at);
            case VALUE_TRUE -> new Bool(true, at);
            case VALUE_FALSE -> new Bool(false, at);
            case VALUE_NULL -> new Null(at);
            // The parser itself reports these first; a token stream of a string never yields them here.
            case END_OBJECT, END_ARRAY, FIELD_NAME, NOT_AVAILABLE, VALUE_EMBEDDED_OBJECT ->
                throw new Malformed("unexpected " + token, at);
        };
    }

    private Value object(Place at) throws IOException, Malformed {
        var members = new LinkedHashMap<String, Member>();
        while (parser.nextToken() == JsonToken.FIELD_NAME) {
            var key = parser.currentName();
            var keyAt = here();
            var replaced = members.put(key, new Member(value(parser.nextToken()), keyAt));
            if (replaced != null) {
                findings.warn(keyAt, "duplicate config key \"" + key + "\"");
            }
        }
        return new Obj(members, at);
    }

    private Value array(Place at) throws IOException, Malformed {
        var items = new ArrayList<Value>();
        for (var token = parser.nextToken(); token != JsonToken.END_ARRAY; token = parser.nextToken()) {
            items.add(value(token));
        }
        return new Arr(items, at);
    }

    private Value number(Place at) throws IOException, Malformed {
        var text = parser.getText();
        try {
            return new Num(new BigDecimal(text), at);
        } catch (NumberFormatException _) {
            throw new Malformed("number out of range", at);
        }
    }

    private Place here() {
        return place(parser.currentTokenLocation());
    }

    private static Place place(@Nullable JsonLocation location) {
        return location == null ? Place.NOWHERE : new Place(location.getLineNr(), location.getColumnNr());
    }

    static String withoutByteOrderMark(String text) {
        return text.startsWith("\uFEFF") ? text.substring(1) : text;
    }

    /** Jackson points to where an object began by naming a source that it hides. */
    private static String placed(String message) {
        var placed = SOURCE.matcher(message).replaceAll("line $1, column $2");
        // The token may be a key that somebody forgot to put into quotes.
        return placed.startsWith(UNRECOGNIZED) ? UNRECOGNIZED + placed.substring(placed.lastIndexOf('\'') + 1) : placed;
    }

    private static String firstLine(@Nullable String message) {
        return message == null ? "not JSON" : message.lines().findFirst().orElse("not JSON");
    }

    /**
     * A value as plain Java: maps, lists, strings, booleans and, for every number, {@link BigDecimal}. Null members and
     * items are left out.
     */
    static @Nullable Object plain(Value value) {
        return switch (value) {
            case Obj object -> {
                var map = new LinkedHashMap<String, Object>();
                object.members.forEach((key, member) -> {
                    var plain = plain(member.value());
                    if (plain != null) {
                        map.put(key, plain);
                    }
                });
                yield Ordered.copy(map);
            }
            case Arr array -> {
                var list = new ArrayList<Object>();
                for (var item : array.items) {
                    var plain = plain(item);
                    if (plain != null) {
                        list.add(plain);
                    }
                }
                yield List.copyOf(list);
            }
            case Text text -> text.value();
            case Num number -> number.value;
            case Bool flag -> flag.value;
            case Null _ -> null;
        };
    }

    /** What a value is called in messages. */
    static String kind(Value value) {
        return switch (value) {
            case Obj _ -> "object";
            case Arr _ -> "array";
            case Text _ -> "string";
            case Num _ -> "number";
            case Bool _ -> "boolean";
            case Null _ -> "null";
        };
    }
}
