package dev.sluice.wire;

import org.jspecify.annotations.Nullable;

/** Recognises well-known clients by their headers, and what they tell of the session above and the agent below. */
final class Client {
    private Client() {}

    static @Nullable String name(Headers header) {
        var agent = orEmpty(header.value("user-agent"));
        if (agent.startsWith("claude-cli/") || header.value("x-claude-code-session-id") != null) {
            return "claude-code";
        }
        if (orEmpty(header.value("originator")).startsWith("codex_") || agent.startsWith("codex_")) {
            return "codex";
        }
        if (agent.startsWith("opencode/") || header.value("x-opencode-session") != null) {
            return "opencode";
        }
        if (agent.startsWith("GeminiCLI") || agent.startsWith("CloudCodeVSCode/")) {
            return "gemini-cli";
        }
        return null;
    }

    static @Nullable String parentSession(Headers header) {
        var parent = header.value("x-parent-session-id");
        return parent != null ? parent : header.value("x-codex-parent-thread-id");
    }

    /** Codex gives a subagent a thread of its own; the main thread sends a thread id too, but is nobody's subagent. */
    static @Nullable String subagent(Headers header) {
        var agent = header.value("x-claude-code-agent-id");
        if (agent != null) {
            return agent;
        }
        var codexSubagent =
                header.value("x-openai-subagent") != null || header.value("x-codex-parent-thread-id") != null;
        return codexSubagent ? header.value("thread-id") : null;
    }

    private static String orEmpty(@Nullable String value) {
        return value == null ? "" : value;
    }
}
