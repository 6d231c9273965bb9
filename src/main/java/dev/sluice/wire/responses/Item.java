package dev.sluice.wire.responses;

import dev.sluice.wire.ToolCalls;
import org.jspecify.annotations.Nullable;

/** One output item while its fields come in: a message, some reasoning or a tool call. */
final class Item {
    @Nullable
    String type;

    @Nullable
    String callId;

    @Nullable
    String name;

    byte[] arguments = new byte[0];
    long argumentCharacters;
    long text;
    long otherOutput;
    boolean elsewhere;

    /** Whether the client must run it; the provider runs the rest, and a shell in a container of its own. */
    boolean isClientCall() {
        return switch (type) {
            case "function_call", "custom_tool_call", "local_shell_call", "apply_patch_call", "computer_call" -> true;
            case "shell_call" -> !elsewhere;
            case null, default -> false;
        };
    }

    /** Everything that was generated for it, as far as it can be seen. */
    long outputCharacters() {
        return text + otherOutput + (isClientCall() ? argumentCharacters : 0);
    }

    void addTo(ToolCalls calls, long key) {
        if (!isClientCall()) {
            return;
        }
        var known = calls.find(key);
        var call = known == null ? calls.begin(key) : known;
        if (call != null) {
            call.identify(callId, name == null ? typeAsName() : name, !"custom_tool_call".equals(type));
            calls.replace(call, arguments);
        }
    }

    // The tools that OpenAI defines have no name but their type.
    private @Nullable String typeAsName() {
        return type == null ? null : type.substring(0, type.length() - "_call".length());
    }
}
