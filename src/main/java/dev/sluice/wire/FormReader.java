package dev.sluice.wire;

import dev.sluice.wire.FormParts.Part;
import dev.sluice.wire.RequestHead.FormModel;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.List;
import java.util.OptionalLong;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Reads the head of a request whose body is a form. As {@link RequestReader}, it refuses what the provider might read in another
 * way than we do, where that matters.
 */
public final class FormReader {
    private static final int BYTES_PER_TOKEN = 4;
    private static final int MAX_NUMBER_CHARS = 5;
    private static final int MAX_MODEL_BYTES = 1024;
    private static final int MAX_CHOICES = 10_000;

    private static final String JSON = "application/json";

    /** Fields that decide about access, money or the answer's framing. */
    private static final List<String> GUARDED = List.of("model", "stream", "n");

    /** In HTML's forms this field tells the charset of all others. */
    private static final String CHARSET_FIELD = "_charset_";

    private final FormShape shape;
    private final byte[] body;
    private final Set<String> seen = new HashSet<>();
    private @Nullable String model;
    private @Nullable FormModel place;
    private boolean stream;
    private int choices = 1;
    private long tokens;

    private FormReader(FormShape shape, byte[] body) {
        this.shape = shape;
        this.body = body;
    }

    /** Whether a request is to be read as a form: unless it says that it is JSON, which some of these endpoints take, too. */
    public static boolean isForm(Asked asked) {
        return !asked.contentType().regionMatches(true, 0, JSON, 0, JSON.length());
    }

    /** Reads a form. */
    public static RequestHead read(FormShape shape, Asked asked) throws BadRequest {
        return new FormReader(shape, asked.body()).head(asked);
    }

    private RequestHead head(Asked asked) throws BadRequest {
        for (var part : FormParts.of(body, asked.contentType())) {
            check(part);
            take(part);
        }
        if (model == null || place == null) {
            throw new BadRequest("model: missing (expected: a field of the form with the name of a model)");
        }
        return new RequestHead(
                model,
                place,
                stream && asked.operation().streaming() == Operation.Streaming.BY_BODY,
                OptionalLong.empty(),
                choices,
                Math.max(1, tokens),
                null,
                true,
                null,
                // What a caller asks of it is no conversation, and so all one session.
                new SessionClues().hints(new Fingerprint().hex(shape.name()), asked.header()));
    }

    /** Some parsers read {@code model[]} or {@code MODEL} as {@code model}. */
    private void check(Part part) throws BadRequest {
        var bracket = part.name().indexOf('[');
        var bare = bracket < 0 ? part.name() : part.name().substring(0, bracket);
        if (bare.equalsIgnoreCase(CHARSET_FIELD)) {
            throw new BadRequest(CHARSET_FIELD + ": a field (expected: forms in UTF-8)");
        }
        for (var field : GUARDED) {
            if (!field.equalsIgnoreCase(bare)) {
                continue;
            }
            if (!field.equals(part.name())) {
                throw new BadRequest(field + ": spelled in another way (expected: " + field + ")");
            }
            if (!seen.add(field)) {
                throw new BadRequest(field + ": twice (expected: once)");
            }
            if (!part.plain()) {
                throw new BadRequest(field + ": a file, or not plain text (expected: a text field in UTF-8)");
            }
        }
    }

    private void take(Part part) throws BadRequest {
        switch (part.name()) {
            case "model" -> takeModel(part);
            case "stream" -> stream = text(part, MAX_NUMBER_CHARS).equalsIgnoreCase("true");
            case "n" -> takeChoices(text(part, MAX_NUMBER_CHARS));
            default ->
                tokens += part.file()
                        ? shape.fileTokens().applyAsLong(part.length())
                        : Math.ceilDiv(part.length(), BYTES_PER_TOKEN);
        }
    }

    private void takeModel(Part part) throws BadRequest {
        var text = RequestReader.checked(text(part, MAX_MODEL_BYTES));
        if (!text.equals(text.strip())) {
            throw new BadRequest("model: blanks around it (expected: the name of a model)");
        }
        model = text;
        place = new FormModel(part.start(), part.end());
    }

    private void takeChoices(String text) throws BadRequest {
        var isNumber = !text.isEmpty() && text.chars().allMatch(c -> c >= '0' && c <= '9');
        var n = isNumber ? Integer.parseInt(text) : 0;
        if (n < 1 || n > MAX_CHOICES) {
            throw new BadRequest("n: " + (isNumber ? "the number " + n : "no number")
                    + " (expected: a whole number from 1 to " + MAX_CHOICES + ")");
        }
        choices = n;
    }

    /** A field's text; one that is longer than it may be is no such thing. */
    private String text(Part part, int maxBytes) throws BadRequest {
        if (part.length() > maxBytes) {
            throw new BadRequest(part.name() + ": " + part.length() + " bytes (expected: at most " + maxBytes + ")");
        }
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(body, part.start(), part.length()))
                    .toString();
        } catch (CharacterCodingException _) {
            throw new BadRequest(part.name() + ": not UTF-8 (expected: text in UTF-8)");
        }
    }
}
