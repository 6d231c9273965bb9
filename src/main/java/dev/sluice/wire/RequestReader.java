package dev.sluice.wire;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.exc.StreamConstraintsException;
import com.fasterxml.jackson.core.io.JsonEOFException;
import dev.sluice.wire.Operation.Streaming;
import dev.sluice.wire.RequestHead.JsonModel;
import dev.sluice.wire.RequestHead.ModelPlace;
import dev.sluice.wire.RequestHead.NoModel;
import dev.sluice.wire.RequestHead.PathModel;
import dev.sluice.wire.RequestHead.Splice;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
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
    private final @Nullable FieldWatch watch;

    private @Nullable String model;
    private @Nullable ModelPlace place;
    private final @Nullable String defaultModel;
    private final Streaming streaming;
    private boolean stream;
    private OptionalLong maxOutputTokens = OptionalLong.empty();
    private long choices = 1;
    private boolean empty = true;
    private @Nullable String serviceTier;

    private RequestReader(
            RequestShape shape,
            BodyCursor body,
            Operation operation,
            @Nullable String pathModel,
            @Nullable String defaultModel)
            throws BadRequest {
        this.shape = shape;
        this.body = body;
        this.defaultModel = defaultModel;
        this.streaming = operation.streaming();
        this.stream = streaming == Streaming.ALWAYS;
        if (pathModel != null) {
            this.model = checked(pathModel);
            this.place = new PathModel();
        }
        this.watch = pathModel == null || shape.deeper().equals(RequestShape.Deeper.NOTHING)
                ? null
                : new FieldWatch(shape.deeper(), pathModel);
        if (watch != null) {
            body.watch(watch);
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
        return read(shape, asked, pathModel, null);
    }

    /** Reads a request whose body may leave the model to the provider; it is then named in its place. */
    public static RequestHead readOr(String defaultModel, RequestShape shape, Asked asked) throws BadRequest {
        return read(shape, asked, null, defaultModel);
    }

    private static RequestHead read(
            RequestShape shape, Asked asked, @Nullable String pathModel, @Nullable String defaultModel)
            throws BadRequest {
        var body = asked.body();
        try (var cursor = new BodyCursor(body)) {
            return new RequestReader(shape, cursor, asked.operation(), pathModel, defaultModel).read(asked.header());
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
        fields.addAll(shape.outputLimits());
        fields.addAll(shape.deeper().settings());
        if (shape.choices()) {
            fields.add("n");
            if (!shape.prompts().isEmpty()) {
                fields.add("best_of");
            }
        }
        // A prompt that is there twice would be counted twice and served once, or the other way round.
        fields.addAll(shape.prompts());
        return fields;
    }

    private RequestHead read(Headers header) throws BadRequest, IOException {
        var first = body.next();
        if (first != JsonToken.START_OBJECT) {
            throw new BadRequest("body: " + (first == null ? "empty" : body.kind()) + " (expected: one JSON object)");
        }
        var inside = body.offset() + 1;
        for (var name = body.nextField(); name != null; name = body.nextField()) {
            empty = false;
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
        } else if (shape.choices() && (name.equals("n") || isBestOf(name))) {
            readChoices(name);
        } else if (name.equals("stream_options") && shape.usageOnRequest()) {
            streamOptions.read(body);
        } else if (shape.deeper().settings().contains(name)) {
            readSettings(name);
        } else if (!prompt.read(name)) {
            switch (name) {
                case "model" -> readModel();
                case "stream" -> readStream();
                case "service_tier", "serviceTier" -> readServiceTier();
                default -> clues.read(name, body);
            }
        }
    }

    /** Legacy completions make more answers than they show. */
    private boolean isBestOf(String name) {
        return name.equals("best_of") && !shape.prompts().isEmpty();
    }

    private RequestHead head(int inside, Headers header) throws BadRequest {
        if (model == null && defaultModel != null) {
            model = defaultModel;
            place = new NoModel(inside, inside, "\"model\":", empty ? "" : ",");
        }
        if (model == null || place == null) {
            throw new BadRequest("model: missing (expected: the name of a model)");
        }
        if (watch != null) {
            place = new PathModel(watch.mentions());
        }
        Splice usageSplice = shape.usageOnRequest() && stream ? streamOptions.splice(inside) : null;
        return new RequestHead(
                model,
                place,
                stream,
                maxOutputTokens,
                answers(),
                prompt.tokens(),
                serviceTier,
                !shape.usageOnRequest() || streamOptions.asked(),
                usageSplice,
                clues.hints(prompt.fingerprint(), header),
                watch == null ? List.of() : watch.strips());
    }

    /** Of prompts each is answered by itself, if it is answered in words. */
    private int answers() {
        var all = shape.prompts().isEmpty() ? choices : shape.choices() ? choices * prompt.prompts() : 1;
        return (int) Math.min(Integer.MAX_VALUE, all);
    }

    private void readServiceTier() throws BadRequest, IOException {
        if (serviceTier != null) {
            throw new BadRequest("service_tier: twice (expected: once)");
        }
        serviceTier = SessionClues.clean(body.shortText());
    }

    private void readSettings(String settings) throws BadRequest, IOException {
        if (!body.at(JsonToken.START_OBJECT)) {
            body.skip();
            return;
        }
        var deeper = shape.deeper();
        var decisive = new ArrayList<>(deeper.outputLimits());
        decisive.addAll(deeper.choices());
        var onceInside = new Once(settings + ".", decisive);
        for (var name = body.nextField(); name != null; name = body.nextField()) {
            onceInside.check(name);
            if (deeper.outputLimits().contains(name)) {
                readOutputLimit(settings + "." + name);
            } else if (deeper.choices().contains(name)) {
                readChoices(settings + "." + name);
            } else if (deeper.otherPrompt().contains(name)) {
                prompt.weigh();
            } else {
                body.skip();
            }
        }
    }

    private void readModel() throws BadRequest, IOException {
        if (place instanceof PathModel) {
            body.skip();
            return;
        }
        if (defaultModel != null && body.at(JsonToken.VALUE_NULL)) {
            // Replaced where it stands: a second one would leave it open which of them counts.
            model = defaultModel;
            place = new NoModel(body.offset(), body.offset() + "null".length(), "", "");
            return;
        }
        if (!body.at(JsonToken.VALUE_STRING)) {
            throw new BadRequest("model: " + body.kind() + " (expected: a string)");
        }
        var token = body.string();
        place = new JsonModel(token.start(), token.end());
        model = checked(body.shortText());
    }

    static String checked(@Nullable String text) throws BadRequest {
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

    private void readOutputLimit(String name) throws BadRequest, IOException {
        if (body.at(JsonToken.VALUE_NULL)) {
            return;
        }
        var limit = body.wholeNumber();
        if (limit == null || limit < 0) {
            throw new BadRequest(name + ": " + body.kind() + " (expected: a whole number from 0)");
        }
        if (limit > 0 || !isSetting(name)) {
            maxOutputTokens = OptionalLong.of(Math.max(limit, maxOutputTokens.orElse(0)));
        }
    }

    /** A setting of 0 may mean that it is not set: that is how protocol buffers write it. */
    private static boolean isSetting(String name) {
        return name.contains(".");
    }

    private void readChoices(String name) throws BadRequest, IOException {
        if (body.at(JsonToken.VALUE_NULL)) {
            return;
        }
        var n = body.wholeNumber();
        var least = isSetting(name) ? 0 : 1;
        if (n == null || n < least || n > MAX_CHOICES) {
            throw new BadRequest(name + ": " + body.kind() + " (expected: a whole number from " + least + " to "
                    + MAX_CHOICES + ")");
        }
        choices = Math.max(choices, n);
    }
}
