package dev.sluice.simulator;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.charset.StandardCharsets;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** The text fields of a form, as if they had come as JSON. Reads what ordinary clients send. */
final class FormFields {
    private static final Pattern BOUNDARY = Pattern.compile("(?i)multipart/form-data;.*boundary=\"?([^\";]+)\"?");
    private static final Pattern FIELD = Pattern.compile(
            "(?is)^\r\nContent-Disposition: form-data; name=\"?([^\";\r]+)\"?\r\n(?:[^\r\n]+\r\n)*\r\n(.*)\r\n$");

    private FormFields() {}

    /** Null when the request is no form. */
    static @Nullable ObjectNode of(ReceivedRequest request) {
        var type = BOUNDARY.matcher(request.header("content-type").orElse(""));
        if (!type.find()) {
            return null;
        }
        var fields = Shape.object();
        var text = request.body().decodeString(StandardCharsets.UTF_8);
        for (var part : text.split(Pattern.quote("--" + type.group(1)), -1)) {
            var field = FIELD.matcher(part);
            if (field.find()) {
                fields.put(field.group(1), field.group(2));
            }
        }
        return fields;
    }
}
