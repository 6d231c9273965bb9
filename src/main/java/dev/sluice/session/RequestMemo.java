package dev.sluice.session;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What is known of a request when its money is set aside. It lies beside the money as {@link #text}, so that a request whose gateway died
 * can be remembered as fully as one that went well.
 *
 * <p>The text is written with every reservation of every request, so it is no JSON: fields between bars, in this order; a new field goes
 * to the end, and a text that ends early has none of the rest. The first field alone is a memo of the first version.
 *
 * @param format  the wire format's flag
 * @param started null in memos of the first version
 * @param buckets all that the request is charged to
 */
public record RequestMemo(
        String session,
        String login,
        String node,
        List<String> tags,
        String provider,
        String model,
        String format,
        String method,
        String path,
        boolean stream,
        @Nullable Instant started,
        List<String> buckets) {
    private static final int FIELDS = 12;

    /** Other fields are short, or many sessions would be. */
    private static final int MAX_PATH_CHARS = 256;

    public RequestMemo {
        tags = List.copyOf(tags);
        buckets = List.copyOf(buckets);
        path = path.length() > MAX_PATH_CHARS ? path.substring(0, MAX_PATH_CHARS) : path;
    }

    /** Reads what {@link #text} wrote. */
    public static RequestMemo of(String text) {
        var fields = new ArrayList<>(List.of(text.split("\\|", -1)));
        while (fields.size() < FIELDS) {
            fields.add("");
        }
        return new RequestMemo(
                unescaped(fields.get(0)),
                unescaped(fields.get(1)),
                unescaped(fields.get(2)),
                list(fields.get(3)),
                unescaped(fields.get(4)),
                unescaped(fields.get(5)),
                unescaped(fields.get(6)),
                unescaped(fields.get(7)),
                unescaped(fields.get(8)),
                fields.get(9).equals("stream"),
                fields.get(10).isEmpty() ? null : Instant.parse(fields.get(10)),
                list(fields.get(11)));
    }

    /** One line, for a journal that people read. */
    public String text() {
        var text = new StringBuilder(256);
        escape(session, text);
        field(login, text);
        field(node, text);
        list(tags, text);
        field(provider, text);
        field(model, text);
        field(format, text);
        field(method, text);
        field(path, text);
        text.append(stream ? "|stream|" : "||");
        if (started != null) {
            text.append(started);
        }
        list(buckets, text);
        return text.toString();
    }

    private static void field(String value, StringBuilder text) {
        text.append('|');
        escape(value, text);
    }

    private static void list(List<String> values, StringBuilder text) {
        text.append('|');
        for (var i = 0; i < values.size(); i++) {
            if (i > 0) {
                text.append(',');
            }
            escape(values.get(i), text);
        }
    }

    private static void escape(String value, StringBuilder text) {
        for (var i = 0; i < value.length(); i++) {
            var c = value.charAt(i);
            switch (c) {
                case '%' -> text.append("%25");
                case '|' -> text.append("%7C");
                case ',' -> text.append("%2C");
                default -> text.append(c);
            }
        }
    }

    private static String unescaped(String text) {
        return text.indexOf('%') < 0
                ? text
                : text.replace("%7C", "|").replace("%2C", ",").replace("%25", "%");
    }

    private static List<String> list(String text) {
        var values = new ArrayList<String>();
        for (var value : text.split(",", -1)) {
            if (!value.isEmpty()) {
                values.add(unescaped(value));
            }
        }
        return values;
    }
}
