package dev.sluice.wire;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.exc.StreamConstraintsException;
import com.fasterxml.jackson.core.io.JsonEOFException;
import dev.sluice.wire.Operation.Streaming;
import dev.sluice.wire.RequestHead.JsonModel;
import dev.sluice.wire.RequestHead.ModelPlace;
import dev.sluice.wire.RequestHead.PathModel;
import dev.sluice.wire.RequestHead.Splice;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Reads the head of a request in one pass over the bytes of its body, for every format whose model stands in the body.
 *
 * <p>Whatever the provider might read in another way than we do is refused: the model that was granted must be the
 * model that is served. Nothing else is judged; what the gateway does not need, the provider may like or not.
 */
public final class RequestReader {
    private static final int MAX_MODEL_CHARS = 256;

    /** {@code n} is multiplied with the output limit; beyond this it is a mistake or an attack. */
    private static final long MAX_CHOICES = 10_000;

    private final RequestShape shape;
    private final BodyCursor body;
    private final Once once;
    private final PromptReader prompt;
    private final SessionClues clues = new SessionClues();
    private final StreamOptions streamOptions = new StreamOptions();

    private @Nullable String model;
    private @Nullable ModelPlace place;
    private final Streaming streaming;
    private boolean stream;
    private OptionalLong maxOutputTokens = OptionalLong.empty();
    private int choices = 1;
    private @Nullable String serviceTier;

    private RequestReader(RequestShape shape, BodyCursor body, Operation operation, @Nullable String pathModel)
            throws BadRequest {
        this.shape = shape;
        this.body = body;
        this.streaming = operation.streaming();
        this.stream = streaming == Streaming.ALWAYS;
        if (pathModel != null) {
            this.model = checked(pathModel);
            this.place = new PathModel();
        }
        this.once = new Once("", guarded(shape));
        this.prompt = new PromptReader(shape, body);
    }

    /** Reads a request whose body names its model, as {@code model}; see {@link WireFormat#readHead}. */
    public static RequestHead read(RequestShape shape, Asked asked) throws BadRequest {
        return read(shape, asked, null);
    }

    /**
     * Reads a request.
     *
     * @param pathModel the model that the path names; null when the body does. A body's {@code model} then means nothing
     */
    public static RequestHead read(RequestShape shape, Asked asked, @Nullable String pathModel) throws BadRequest {
        var body = asked.body();
        try (var cursor = new BodyCursor(body)) {
            return new RequestReader(shape, cursor, asked.operation(), pathModel).read(asked.header());
        } catch (StreamConstraintsException e) {
            throw new BadRequest("body: " + e.getOriginalMessage());
        } catch (JsonEOFException _) {
            throw new BadRequest("body: ends at byte " + body.length + " amid its JSON (expected: one JSON object)");
        } catch (JsonProcessingException e) {
            // Jackson's own words may repeat what the body says, and messages are logged.
            throw new BadRequest(
                    "body: not JSON at byte " + e.getLocation().getByteOffset() + " (expected: one JSON object)");
        } catch (IOException _) {
            throw new BadRequest("body: not JSON (expected: one JSON object)");
        }
    }

    private static List<String> guarded(RequestShape shape) {
        var fields = new ArrayList<>(List.of("model", "stream", "stream_options", "service_tier"));
        shape.outputLimits().stream()
                .map(limit -> limit.split("\\.", 2)[0])
                .distinct()
                .forEach(fields::add);
        if (shape.choices()) {
            fields.add("n");
        }
        return fields;
    }

    private RequestHead read(Headers header) throws BadRequest, IOException {
        var first = body.next();
        if (first != JsonToken.START_OBJECT) {
            throw new BadRequest("body: " + (first == null ? "empty" : body.kind()) + " (expected: one JSON object)");
        }
        var inside = body.offset() + 1;
        for (var name = body.nextField(); name != null; name = body.nextField()) {
            once.check(name);
            readField(name);
        }
        if (body.next() != null) {
            throw new BadRequest("body: more at byte " + body.offset() + " behind the JSON object (expected: nothing)");
        }
        return head(inside, header);
    }

    private void readField(String name) throws BadRequest, IOException {
        if (shape.outputLimits().contains(name)) {
            readOutputLimit(name);
        } else if (limits(name).findAny().isPresent()) {
            readLimitsIn(name);
        } else if (name.equals("n") && shape.choices()) {
            readChoices();
        } else if (name.equals("stream_options") && shape.usageOnRequest()) {
            streamOptions.read(body);
        } else if (!prompt.read(name)) {
            switch (name) {
                case "model" -> readModel();
                case "stream" -> readStream();
                case "service_tier" -> serviceTier = SessionClues.clean(body.shortText());
                default -> clues.read(name, body);
            }
        }
    }

    private RequestHead head(int inside, Headers header) throws BadRequest {
        if (model == null || place == null) {
            throw new BadRequest("model: missing (expected: the name of a model)");
        }
        Splice usageSplice = shape.usageOnRequest() && stream ? streamOptions.splice(inside) : null;
        return new RequestHead(
                model,
                place,
                stream,
                maxOutputTokens,
                choices,
                prompt.tokens(),
                serviceTier,
                !shape.usageOnRequest() || streamOptions.asked(),
                usageSplice,
                clues.hints(prompt.fingerprint(), header));
    }

    private void readModel() throws BadRequest, IOException {
        if (place instanceof PathModel) {
            body.skip();
            return;
        }
        if (!body.at(JsonToken.VALUE_STRING)) {
            throw new BadRequest("model: " + body.kind() + " (expected: a string)");
        }
        var token = body.string();
        place = new JsonModel(token.start(), token.end());
        model = checked(body.shortText());
    }

    private static String checked(@Nullable String text) throws BadRequest {
        if (text == null || text.length() > MAX_MODEL_CHARS) {
            throw new BadRequest("model: too long (expected: at most " + MAX_MODEL_CHARS + " characters)");
        }
        if (text.isEmpty()) {
            throw new BadRequest("model: empty (expected: the name of a model)");
        }
        if (!text.codePoints().allMatch(SessionClues::isPlain)) {
            throw new BadRequest("model: control characters (expected: the name of a model)");
        }
        return text;
    }

    private void readStream() throws BadRequest, IOException {
        var wanted = switch (body.token()) {
            case VALUE_TRUE -> true;
            case VALUE_FALSE, VALUE_NULL -> false;
            default -> throw new BadRequest("stream: " + body.kind() + " (expected: true, false or null)");
        };
        if (streaming == Streaming.BY_BODY) {
            stream = wanted;
        }
    }

    /** The names of the limits within an object of this name. */
    private Stream<String> limits(String owner) {
        return shape.outputLimits().stream()
                .filter(limit -> limit.startsWith(owner) && limit.startsWith(".", owner.length()))
                .map(limit -> limit.substring(owner.length() + 1));
    }

    private void readLimitsIn(String owner) throws BadRequest, IOException {
        if (!body.at(JsonToken.START_OBJECT)) {
            body.skip();
            return;
        }
        var limits = limits(owner).toList();
        var onceInside = new Once(owner + ".", limits);
        for (var name = body.nextField(); name != null; name = body.nextField()) {
            onceInside.check(name);
            if (limits.contains(name)) {
                readOutputLimit(owner + "." + name);
            } else {
                body.skip();
            }
        }
    }

    private void readOutputLimit(String name) throws BadRequest, IOException {
        if (body.at(JsonToken.VALUE_NULL)) {
            return;
        }
        var limit = body.wholeNumber();
        if (limit == null || limit < 0) {
            throw new BadRequest(name + ": " + body.kind() + " (expected: a whole number from 0)");
        }
        maxOutputTokens = OptionalLong.of(Math.max(limit, maxOutputTokens.orElse(0)));
    }

    private void readChoices() throws BadRequest, IOException {
        if (body.at(JsonToken.VALUE_NULL)) {
            return;
        }
        var n = body.wholeNumber();
        if (n == null || n < 1 || n > MAX_CHOICES) {
            throw new BadRequest("n: " + body.kind() + " (expected: a whole number from 1 to " + MAX_CHOICES + ")");
        }
        choices = n.intValue();
    }
}
