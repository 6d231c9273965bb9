package dev.sluice.config;

import java.util.Map;

/**
 * MCP servers by the older key {@code mcp}.
 *
 * @param servers URL by id
 */
public record McpRule(boolean acceptRegistrations, Map<String, String> servers) {
    /** What holds when the document says nothing. */
    public static final McpRule NONE = new McpRule(false, Map.of());

    public McpRule {
        servers = Ordered.copy(servers);
        servers.forEach((id, url) -> {
            if (!BaseUrl.isEndpoint(url)) {
                throw new IllegalArgumentException(
                        "mcp.servers." + id + ".url: " + url + " (expected: an http or https URL with a host)");
            }
        });
    }
}
