package dev.sluice.wire;

import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Reads what the model is shown: how many tokens it may be, and which conversation it belongs to. */
final class PromptReader {
    private enum Part {
        SYSTEM,
        MESSAGE,
        LATER_MESSAGE,
        TOOLS
    }

    /** Strings of a message that the model is not shown as text; a signature only seals earlier thinking. */
    private static final Set<String> FORM =
            Set.of("role", "type", "signature", "thoughtSignature", "thought_signature");

    private final RequestShape shape;
    private final BodyCursor body;
    private final PromptEstimate estimate = new PromptEstimate();
    private final Fingerprint fingerprint = new Fingerprint();
    private long prompts;

    PromptReader(RequestShape shape, BodyCursor body) {
        this.shape = shape;
        this.body = body;
    }

    long tokens() {
        return estimate.tokens();
    }

    /** How many prompts there are, each to be answered; 1 in a conversation. */
    long prompts() {
        return Math.max(1, prompts);
    }

    String fingerprint() {
        return fingerprint.hex(shape.name());
    }

    /** Reads a field when it belongs to the prompt; otherwise leaves it alone and says so. */
    boolean read(String name) throws IOException {
        if (name.equals(shape.conversation())) {
            readConversation();
        } else if (shape.system().contains(name)) {
            readSystem();
        } else if (shape.otherPrompt().contains(name)) {
            readValue(Part.TOOLS);
        } else if (shape.deeper().caches().contains(name)) {
            readCache();
        } else if (shape.prompts().contains(name)) {
            readPrompts();
        } else {
            return false;
        }
        return true;
    }

    /** Takes the current value for something that the model is shown. */
    void weigh() throws IOException {
        readValue(Part.TOOLS);
    }

    private void readCache() throws IOException {
        if (body.at(JsonToken.VALUE_STRING)) {
            estimate.cache();
        } else {
            body.skip();
        }
    }

    /** Text, tokens, or an array of either; an array of numbers is one prompt. */
    private void readPrompts() throws IOException {
        if (!body.at(JsonToken.START_ARRAY)) {
            prompts++;
            readPrompt();
            return;
        }
        var tokens = 0L;
        while (body.next() != JsonToken.END_ARRAY) {
            if (body.at(JsonToken.VALUE_NUMBER_INT)) {
                tokens++;
            } else {
                prompts++;
                readPrompt();
            }
        }
        estimate.tokens(tokens);
        prompts += tokens > 0 ? 1 : 0;
    }

    private void readPrompt() throws IOException {
        var depth = 0;
        do {
            switch (body.token()) {
                case START_OBJECT, START_ARRAY -> depth++;
                case END_OBJECT, END_ARRAY -> depth--;
                case VALUE_STRING -> readText(Part.LATER_MESSAGE, body.name());
                case VALUE_NUMBER_INT -> estimate.tokens(1);
                default -> {}
            }
        } while (depth > 0 && body.next() != null);
    }

    private void readSystem() throws IOException {
        if (body.at(JsonToken.VALUE_STRING)) {
            readText(Part.SYSTEM, null);
        } else {
            readValue(Part.SYSTEM);
        }
    }

    private void readConversation() throws IOException {
        switch (body.token()) {
            case START_ARRAY -> {
                while (body.next() != JsonToken.END_ARRAY) {
                    readMessage();
                }
            }
            case VALUE_STRING -> {
                readText(Part.MESSAGE, null);
                fingerprint.endMessage("user");
            }
            case START_OBJECT -> readMessage();
            default -> body.skip();
        }
    }

    private void readMessage() throws IOException {
        // Once the first message of the user is hashed, all that follows is only weighed.
        if (fingerprint.settled() || !body.at(JsonToken.START_OBJECT)) {
            readValue(Part.LATER_MESSAGE);
            return;
        }
        String role = null;
        for (var name = body.nextField(); name != null; name = body.nextField()) {
            if (name.equals("role")) {
                role = body.shortText();
            } else {
                readValue(Part.MESSAGE);
            }
        }
        fingerprint.endMessage(shape.deeper().usersByDefault() ? lenient(role) : role);
    }

    private static String lenient(@Nullable String role) {
        return role == null ? "user" : role.toLowerCase(Locale.ROOT);
    }

    /** Reads a value whole, however deep, by counting brackets: no recursion for a client to exhaust. */
    private void readValue(Part part) throws IOException {
        var depth = 0;
        do {
            switch (body.token()) {
                case START_OBJECT, START_ARRAY -> depth++;
                case END_OBJECT, END_ARRAY -> depth--;
                case FIELD_NAME -> readName(part);
                case VALUE_STRING -> readText(part, body.name());
                default -> {}
            }
        } while (depth > 0 && body.next() != null);
    }

    /** In tools and schemas the names are what is said; elsewhere they are only form. */
    private void readName(Part part) throws IOException {
        var name = body.name();
        if (part == Part.TOOLS && name != null) {
            estimate.name(name);
        }
    }

    private void readText(Part part, @Nullable String name) {
        if (name != null && part != Part.TOOLS && FORM.contains(name)) {
            return;
        }
        var text = body.string();
        if (isPictureLink(name)) {
            estimate.linkedPicture();
        } else {
            estimate.text(text);
        }
        switch (part) {
            case SYSTEM -> fingerprint.systemText(body.body(), text, name);
            case MESSAGE -> fingerprint.messageText(body.body(), text, name);
            case LATER_MESSAGE, TOOLS -> {}
        }
    }

    /** A picture named by its address: OpenAI's {@code image_url} (a string, or an object with {@code url}), Anthropic's {@code source}, Gemini's {@code fileUri}. */
    private boolean isPictureLink(@Nullable String name) {
        if ("image_url".equals(name) || "fileUri".equals(name) || "file_uri".equals(name)) {
            return true;
        }
        var owner = body.ownerName();
        return "url".equals(name) && ("image_url".equals(owner) || "source".equals(owner));
    }
}
