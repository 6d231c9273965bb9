package dev.sluice.wire;

import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * What the gateway must know of a request's body, read in one pass without building a tree.
 *
 * @param model           as the client wrote it
 * @param place           where the request names its model
 * @param stream          whether the client asked for a stream
 * @param maxOutputTokens the request's own output limit; empty when it sets none
 * @param choices         how many answers are asked for ({@code n}), 1 when not said
 * @param promptTokens    an estimate of the prompt from its text: about 4 characters a token, a picture or file in base64 counted flat
 * @param serviceTier     as asked for; null when not said
 * @param usageAsked      whether the client asked for usage in a stream of a format that needs asking; true for formats that always tell
 * @param usageSplice     how to ask for it in the client's place; null when there is nothing to splice
 * @param hints           what names the conversation
 * @param strips          edits that take out fields which some of the format's providers refuse; whose they are, the format knows
 */
public record RequestHead(
        String model,
        ModelPlace place,
        boolean stream,
        OptionalLong maxOutputTokens,
        int choices,
        long promptTokens,
        @Nullable String serviceTier,
        boolean usageAsked,
        @Nullable Splice usageSplice,
        SessionHints hints,
        List<Splice> strips) {
    public RequestHead(
            String model,
            ModelPlace place,
            boolean stream,
            OptionalLong maxOutputTokens,
            int choices,
            long promptTokens,
            @Nullable String serviceTier,
            boolean usageAsked,
            @Nullable Splice usageSplice,
            SessionHints hints) {
        this(
                model,
                place,
                stream,
                maxOutputTokens,
                choices,
                promptTokens,
                serviceTier,
                usageAsked,
                usageSplice,
                hints,
                List.of());
    }

    /** For formats that ask for a tier outside of the body. */
    public RequestHead withServiceTier(@Nullable String tier) {
        return new RequestHead(
                model,
                place,
                stream,
                maxOutputTokens,
                choices,
                promptTokens,
                tier,
                usageAsked,
                usageSplice,
                hints,
                strips);
    }

    /** The same request for a format whose answers are known to have no more tokens than this, each. */
    public RequestHead withMaxOutputTokens(long tokens) {
        return new RequestHead(
                model,
                place,
                stream,
                OptionalLong.of(tokens),
                choices,
                promptTokens,
                serviceTier,
                usageAsked,
                usageSplice,
                hints);
    }

    /** Where a request names its model. */
    public sealed interface ModelPlace {
        /** The edit of the body that names another model; empty when the body does not name it. */
        Optional<Splice> edit(String model);

        /** All of them, where a body can name it several times. */
        default List<Splice> edits(String model) {
            return edit(model).stream().toList();
        }
    }

    /** A JSON string of the body, from its opening quote to behind the closing one. */
    public record JsonModel(int start, int end) implements ModelPlace {
        @Override
        public Optional<Splice> edit(String model) {
            return Optional.of(new Splice(start, end, Splices.jsonString(model)));
        }
    }

    /** Bare text of the body, as a field of a form. */
    public record FormModel(int start, int end) implements ModelPlace {
        @Override
        public Optional<Splice> edit(String model) {
            return Optional.of(new Splice(start, end, model));
        }
    }

    /**
     * A segment of the path.
     *
     * @param mentions where the body names the same model once more
     */
    public record PathModel(List<Mention> mentions) implements ModelPlace {
        public PathModel() {
            this(List.of());
        }

        @Override
        public Optional<Splice> edit(String model) {
            return Optional.empty();
        }

        @Override
        public List<Splice> edits(String model) {
            return mentions.stream().map(mention -> mention.edit(model)).toList();
        }
    }

    /**
     * A JSON string of the body that names the path's model.
     *
     * @param prefix what stands before the name, for example {@code models/}
     */
    public record Mention(int start, int end, String prefix) {
        Splice edit(String model) {
            return new Splice(start, end, Splices.jsonString(prefix + model));
        }
    }

    /**
     * Nowhere: the format has a default, which is always put in, so that what was granted is what is served.
     *
     * @param before what the name needs before it to be a field
     * @param after  and behind it
     */
    public record NoModel(int start, int end, String before, String after) implements ModelPlace {
        @Override
        public Optional<Splice> edit(String model) {
            return Optional.of(new Splice(start, end, before + Splices.jsonString(model) + after));
        }
    }

    /** One edit at one byte range: bytes {@code [start, end)} of the body are replaced by text. */
    public record Splice(int start, int end, String replacement) {}

    /**
     * What names a conversation, in order of precedence; see {@link SessionHints#sessionId}.
     *
     * @param sessionId   the client's own id (bounded, control characters stripped); null when it sends none
     * @param source      which header or body field gave it, for example {@code header:x-claude-code-session-id}; {@code chain:<response id>} when only a previous response is named
     * @param previousResponse the response this request continues; null when none
     * @param fingerprint stable while a conversation grows: a hash over the system prompt and the first user message, hex
     * @param client      {@code claude-code}, {@code codex}, {@code opencode}, {@code gemini-cli}; null when unknown
     */
    public record SessionHints(
            @Nullable String sessionId,
            @Nullable String source,
            @Nullable String previousResponse,
            String fingerprint,
            @Nullable String client,
            @Nullable String parentSessionId,
            @Nullable String subagentId) {}
}
