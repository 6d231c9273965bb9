package dev.sluice.wire;

import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** Recognises well-known clients by their headers, and what they tell of the session above and the agent below. */
final class Client {
    private Client() {}

    static @Nullable String name(UnaryOperator<@Nullable String> header) {
        var agent = orEmpty(header.apply("user-agent"));
        if (agent.startsWith("claude-cli/") || header.apply("x-claude-code-session-id") != null) {
            return "claude-code";
        }
        if (orEmpty(header.apply("originator")).startsWith("codex_") || agent.startsWith("codex_")) {
            return "codex";
        }
        if (agent.startsWith("opencode/") || header.apply("x-opencode-session") != null) {
            return "opencode";
        }
        if (agent.startsWith("GeminiCLI") || agent.startsWith("CloudCodeVSCode/")) {
            return "gemini-cli";
        }
        return null;
    }

    static @Nullable String parentSession(UnaryOperator<@Nullable String> header) {
        var parent = header.apply("x-parent-session-id");
        return parent != null ? parent : header.apply("x-codex-parent-thread-id");
    }

    /** Codex gives a subagent a thread of its own; the main thread sends a thread id too, but is nobody's subagent. */
    static @Nullable String subagent(UnaryOperator<@Nullable String> header) {
        var agent = header.apply("x-claude-code-agent-id");
        if (agent != null) {
            return agent;
        }
        var codexSubagent =
                header.apply("x-openai-subagent") != null || header.apply("x-codex-parent-thread-id") != null;
        return codexSubagent ? header.apply("thread-id") : null;
    }

    private static String orEmpty(@Nullable String value) {
        return value == null ? "" : value;
    }
}
