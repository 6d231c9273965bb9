package dev.sluice.config;

import dev.sluice.config.GrantRule.Cors;
import dev.sluice.config.GrantRule.Extras;
import dev.sluice.config.HuJson.Text;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Reads what a capability grants beside models.
 *
 * @param declared null when its author does not see this document
 */
record ExtrasReader(Section section, @Nullable Declared declared) {
    private static final String LABEL = "label:";
    private static final Set<String> CATEGORIES = Set.of("tools", "resources", "templates", "proxy");
    private static final List<String> UNSTRUCTURED = List.of("filterable_headers", "skills", "direct_paths");

    Extras read() {
        return new Extras(
                items("mcp_tools"),
                items("mcp_resources"),
                items("mcp_templates"),
                connectors(),
                section.flagOr("enable_chat_ui", false),
                section.flagOr("read_metrics", false),
                section.flagOr("read_pricing", false),
                cors(),
                unstructured());
    }

    private List<String> items(String key) {
        var patterns = PatternReader.read(section, key, (text, pattern) -> {
            checkServer(key, text, pattern);
            return true;
        });
        return patterns == null ? List.of() : patterns;
    }

    private void checkServer(String key, Text at, String pattern) {
        var server = PatternReader.first(pattern);
        if (declared != null && !declared.hasServer(server)) {
            section.findings()
                    .warn(
                            at.at(),
                            key + " pattern \"" + pattern + "\" references server \"" + server
                                    + "\" which does not match any declared MCP server");
        }
    }

    private List<String> connectors() {
        var patterns = PatternReader.read(section, "connectors", this::checkConnector);
        return patterns == null ? List.of() : patterns;
    }

    private boolean checkConnector(Text at, String pattern) {
        if (pattern.startsWith(LABEL)) {
            checkLabel(at, pattern);
            return true;
        }
        if (!isConnectorPattern(pattern)) {
            section.findings()
                    .warn(
                            at.at(),
                            "connectors pattern \"" + pattern
                                    + "\" must be connector/category/resource or label:name; it is left out");
            return false;
        }
        var connector = PatternReader.first(pattern);
        if (declared != null && !declared.hasServer(connector)) {
            section.findings()
                    .warn(
                            at.at(),
                            "connectors pattern \"" + pattern + "\" references connector \"" + connector
                                    + "\" which does not match any declared connector");
        }
        return true;
    }

    private void checkLabel(Text at, String pattern) {
        var label = pattern.substring(LABEL.length());
        if (declared != null && !declared.hasLabel(label)) {
            section.findings()
                    .warn(
                            at.at(),
                            "connectors pattern \"" + pattern + "\" references label \"" + label
                                    + "\" which no declared connector has");
        }
    }

    /** Whether it could match anything: a category that is spelt out must be one. */
    private static boolean isConnectorPattern(String pattern) {
        var segments = pattern.split("/", -1);
        var open = List.of(segments).contains("**");
        var category = segments.length > 1 ? segments[1] : "";
        return open
                ? segments[0].equals("**") || category.contains("*") || CATEGORIES.contains(category)
                : segments.length > 2 && (category.contains("*") || CATEGORIES.contains(category));
    }

    private @Nullable Cors cors() {
        var set = section.flagOr("set_cors", false);
        var paths = section.texts("cors_paths").stream().map(Text::value).toList();
        var origin = section.textOr("Access-Control-Allow-Origin", "");
        var methods = section.textOr("Access-Control-Allow-Methods", "");
        var headers = section.textOr("Access-Control-Allow-Headers", "");
        return set ? new Cors(paths, origin, methods, headers) : null;
    }

    private Map<String, Object> unstructured() {
        var fields = new LinkedHashMap<String, Object>();
        for (var key : UNSTRUCTURED) {
            var value = section.value(key);
            var plain = value == null ? null : HuJson.plain(value);
            if (plain != null) {
                fields.put(key, plain);
            }
        }
        return fields;
    }
}
