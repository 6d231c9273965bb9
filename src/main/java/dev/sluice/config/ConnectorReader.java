package dev.sluice.config;

import dev.sluice.config.ConnectorRule.Protocol;
import dev.sluice.config.HuJson.Text;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Reads {@code connectors} and the older {@code mcp}. A server that could never be reached is reported and left out. */
final class ConnectorReader {
    private ConnectorReader() {}

    static McpRule mcp(Section mcp) {
        var acceptRegistrations = mcp.flagOr("accept_registrations", false);
        var section = mcp.section("servers");
        mcp.reportUnknownKeys();
        var servers = new LinkedHashMap<String, String>();
        if (section != null) {
            section.sections().forEach((id, server) -> {
                var url = url("mcp server " + id, server);
                server.reportUnknownKeys();
                if (url != null) {
                    servers.put(id, url);
                }
            });
        }
        return new McpRule(acceptRegistrations, servers);
    }

    static Map<String, ConnectorRule> connectors(Section connectors) {
        var section = connectors.section("servers");
        connectors.reportUnknownKeys();
        var rules = new LinkedHashMap<String, ConnectorRule>();
        if (section != null) {
            section.sections().forEach((id, server) -> {
                var rule = connector(id, server);
                server.reportUnknownKeys();
                if (rule != null) {
                    rules.put(id, rule);
                }
            });
        }
        return rules;
    }

    private static @Nullable ConnectorRule connector(String id, Section section) {
        var goodId = ConnectorRule.isId(id);
        if (!goodId) {
            section.findings()
                    .warn(
                            section.at(),
                            "connector \"" + id
                                    + "\": id must be letters and digits, begin with a letter, and be none of "
                                    + String.join(", ", ConnectorRule.RESERVED) + "; it is left out");
        }
        var protocol = protocol(id, section);
        var url = url("connector " + id, section);
        var provider = section.textOr("provider", "Custom");
        var description = section.textOr("description", "");
        var context = section.textOr("context", "");
        var labels = labels(id, section);
        var auth = auth(id, section);
        return !goodId || protocol == null || url == null || auth == null
                ? null
                : new ConnectorRule(id, protocol, url, provider, description, context, auth, labels);
    }

    private static @Nullable Protocol protocol(String id, Section section) {
        if (!section.has("protocol")) {
            section.findings()
                    .warn(section.at(), "connector " + id + " has no protocol configured (expected: mcp or http)");
        }
        return section.word("protocol", Protocol.class);
    }

    private static @Nullable String url(String title, Section section) {
        var url = section.text("url");
        if (url == null || url.value().isBlank()) {
            section.findings().warn(section.at(), title + " has no url configured");
            return null;
        }
        if (!BaseUrl.isEndpoint(url.value())) {
            section.findings()
                    .warn(
                            url.at(),
                            title + " has invalid url (must be http:// or https:// with a host, and without "
                                    + "credentials): " + url.written());
            return null;
        }
        return url.value();
    }

    private static List<String> labels(String id, Section section) {
        return section.texts("labels").stream()
                .filter(label -> {
                    var reserved = label.value().equals(Declared.SYSTEM);
                    if (reserved) {
                        section.findings().warn(label.at(), "connector " + id + ": label \"system\" is reserved");
                    }
                    return !reserved && !label.value().isBlank();
                })
                .map(Text::value)
                .toList();
    }

    /** Null when it is unreadable: what wants a credential must not be asked without one. */
    private static ConnectorRule.@Nullable Auth auth(String id, Section section) {
        if (!section.has("auth")) {
            return new ConnectorRule.NoAuth();
        }
        var auth = section.section("auth");
        return auth == null ? null : new ConnectorAuthReader(id, auth).read();
    }
}
