package dev.sluice.simulator;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sluice.simulator.DemoModel.Maker;
import dev.sluice.simulator.Script.BadScript;
import dev.sluice.simulator.Script.Cue;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.regex.Pattern;
import org.apache.pekko.http.javadsl.coding.Coder;
import org.apache.pekko.http.javadsl.model.ContentTypes;
import org.apache.pekko.http.javadsl.model.HttpEntities;
import org.apache.pekko.http.javadsl.model.HttpHeader;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.http.javadsl.model.MediaTypes;
import org.apache.pekko.http.javadsl.model.StatusCode;
import org.apache.pekko.http.javadsl.model.StatusCodes;
import org.apache.pekko.http.javadsl.model.headers.RawHeader;
import org.apache.pekko.stream.javadsl.Source;
import org.apache.pekko.util.ByteString;
import org.jspecify.annotations.Nullable;

/** Decides how each request is answered: its format by the path, its manner by script and model. */
final class Answers {
    /** Reads what any gateway lets pass, pictures of many megabytes in one string included. */
    private static final ObjectMapper JSON = new ObjectMapper(JsonFactory.builder()
            .streamReadConstraints(StreamReadConstraints.builder()
                    .maxStringLength(Integer.MAX_VALUE)
                    .build())
            .build());

    private static final Pattern STORED = Pattern.compile("/v1/responses/(resp_[^/]+)(/cancel|/input_items)?");
    /** The one model that does not exist. */
    private static final String MISSING = "no-such-model";

    private static final int SLICE = 64;
    private static final int FILLER_LENGTH = 8 * 1024;
    private static final ByteString FILLER = ByteString.fromString("x".repeat(FILLER_LENGTH));
    /** Scripts with {@code times} that are remembered; a test has a handful. */
    private static final int MOST_REMEMBERED = 1_000;

    private final StoredResponses stored = new StoredResponses();
    private final AtomicLong numbers = new AtomicLong();
    private final AtomicInteger open = new AtomicInteger();
    private final Map<String, AtomicLong> turns = new java.util.concurrent.ConcurrentHashMap<>();
    private final Map<String, Integer> timesHit = new LinkedHashMap<>() {
        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Integer> eldest) {
            return size() > MOST_REMEMBERED;
        }
    };

    /** What is to happen: an answer, and the script that says what happens before it. */
    record Decision(Script script, HttpResponse response) {
        static Decision atOnce(HttpResponse response) {
            return new Decision(Script.NONE, response);
        }
    }

    int openStreams() {
        return open.get();
    }

    static JsonNode parsed(String json) {
        try {
            return JSON.readTree(json);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("not the JSON this simulator wrote: " + json, e);
        }
    }

    Decision decide(ReceivedRequest request) {
        var number = numbers.incrementAndGet();
        var target = request.path().split("\\?", 2);
        var path = target[0];
        var requestId = "req_sim" + String.format(Locale.ROOT, "%016x", number);
        var known = STORED.matcher(path);
        if (known.matches()) {
            return Decision.atOnce(followUp(request, known.group(1), known.group(2), requestId));
        }
        if (request.method().equals("GET")) {
            return Decision.atOnce(got(request, path, requestId));
        }
        var amazon = AmazonPath.of(path);
        var destination = amazon.map(AmazonPath::destination)
                .or(() -> Destination.of(path, target.length > 1 ? target[1] : ""))
                .orElse(null);
        if (destination == null || !request.method().equals("POST")) {
            return Decision.atOnce(
                    failure(new ChatShape(), 404, "Unknown request URL: " + request.method() + " " + path, requestId));
        }
        var shape = destination.shape();
        if (!hasCredential(request)) {
            return Decision.atOnce(failure(shape, 401, "No credential came with the request.", requestId));
        }
        var form = FormFields.of(request);
        var body = form == null ? object(request.body()) : form;
        if (body != null && amazon.isPresent()) {
            body = amazon.get().whole(body);
        }
        if (body == null || (destination.model() == null && !body.path("model").isTextual())) {
            return Decision.atOnce(failure(shape, 400, "The body is not a JSON object with a model.", requestId));
        }
        try {
            return decide(request, destination, Asked.of(body, destination), number);
        } catch (BadScript e) {
            return Decision.atOnce(failure(shape, 400, String.valueOf(e.getMessage()), requestId));
        }
    }

    private Decision decide(ReceivedRequest request, Destination destination, Asked asked, long counted) {
        var shape = destination.shape();
        var script = script(request, asked);
        var number = script.count(Cue.ID, counted);
        var requestId = "req_sim" + String.format(Locale.ROOT, "%016x", number);
        if (asked.model().equals(MISSING)) {
            var message = "The model `" + MISSING + "` does not exist or you do not have access to it.";
            return Decision.atOnce(failure(shape, 404, message, requestId));
        }
        if (script.has(Cue.FAULT)) {
            return new Decision(script, fault(shape, script, requestId));
        }
        var prompt = script.count(Cue.INPUT, asked.promptTokens());
        switch (destination.method()) {
            case COUNT -> {
                return new Decision(script, json(shape, shape.counted(prompt).toString(), requestId));
            }
            case EMBED -> {
                return new Decision(script, json(shape, shape.embedded(prompt).toString(), requestId));
            }
            case ANSWER -> {}
        }
        if (request.path().split("\\?", 2)[0].endsWith("/input_tokens")) {
            var count = Shape.object()
                    .put("object", "response.input_tokens")
                    .put("input_tokens", script.count(Cue.INPUT, asked.promptTokens()));
            return new Decision(script, json(shape, count.toString(), requestId));
        }
        var plan = Plan.of(asked, script, number);
        var running = shape instanceof ResponsesShape ? stored.keep(plan) : null;
        if (running != null && !asked.stream()) {
            return new Decision(script, json(shape, running.toString(), requestId));
        }
        var response = asked.stream() ? stream(shape, plan, requestId) : whole(shape, plan, requestId);
        return new Decision(script, script.has(Cue.GZIP) ? Coder.Gzip.encodeMessage(response) : response);
    }

    private HttpResponse followUp(ReceivedRequest request, String id, @Nullable String what, String requestId) {
        var shape = new ResponsesShape();
        if (!hasCredential(request)) {
            return failure(shape, 401, "No credential came with the request.", requestId);
        }
        var isStream = request.path().contains("stream=true");
        var plan = isStream && request.method().equals("GET") ? stored.plan(id) : Optional.<Plan>empty();
        if (plan.isPresent()) {
            return stream(shape, plan.get(), requestId);
        }
        var answer = switch (request.method() + (what == null ? "" : what)) {
            case "GET" -> stored.get(id);
            case "DELETE" -> stored.delete(id);
            case "POST/cancel" -> stored.cancel(id);
            case "GET/input_items" -> stored.inputItems(id);
            default -> Optional.<ObjectNode>empty();
        };
        return answer.map(found -> json(shape, found.toString(), requestId))
                .orElseGet(() -> failure(shape, 404, "Response with id '" + id + "' not found.", requestId));
    }

    private Script script(ReceivedRequest request, Asked asked) {
        var name = asked.model().split("\\?", 2);
        var manner = DemoModel.named(name[0])
                .map(model -> model.script(
                        turns.computeIfAbsent(model.id(), _ -> new AtomicLong()).getAndIncrement()))
                .orElse(Script.NONE);
        var bySuffix = name.length > 1 ? Script.parse(name[1]) : Script.NONE;
        var header = request.header("x-simulate").orElse("");
        var script = manner.overlaid(bySuffix).overlaid(Script.parse(header));
        var hits = script.has(Cue.TIMES) ? hit(script + " " + asked.seed()) : 0;
        return hits > script.count(Cue.TIMES, 0) ? script.withoutFaults() : script;
    }

    private int hit(String key) {
        synchronized (timesHit) {
            return timesHit.merge(key, 1, Integer::sum);
        }
    }

    private HttpResponse stream(Shape shape, Plan plan, String requestId) {
        var script = plan.script();
        var frames = spoilt(shape, shape.events(plan), script, requestId);
        if (script.has(Cue.ENDLESS)) {
            frames = frames.first(2).followedBy(endless(shape.endless()));
        }
        return response(shape, 200, requestId)
                .addHeader(RawHeader.create("cache-control", "no-cache"))
                .withEntity(HttpEntities.createChunked(shape.streamType(), sent(frames, script)));
    }

    private static Frames spoilt(Shape shape, Frames frames, Script script, String requestId) {
        if (script.has(Cue.ERROR_EVENT_AT)) {
            var before = frames.first((int) script.count(Cue.ERROR_EVENT_AT, 1) - 1);
            return before.followedBy(Frames.of(1, _ -> shape.errorEvent(requestId)));
        }
        var at = (int) script.count(Cue.MALFORMED_AT, 0) - 1;
        if (at >= 0 && at < frames.size()) {
            var whole = frames.frame(at);
            return frames.replaced(at, shape.malformed(whole));
        }
        return frames;
    }

    private static Frames endless(ByteString opening) {
        return Frames.of(Integer.MAX_VALUE, index -> index == 0 ? opening.concat(FILLER) : FILLER);
    }

    private HttpResponse whole(Shape shape, Plan plan, String requestId) {
        var script = plan.script();
        if (script.has(Cue.BIG)) {
            return big(shape, plan, requestId);
        }
        var file = shape.file(plan, plan.prose().whole());
        var type = file == null ? ContentTypes.APPLICATION_JSON : ContentTypes.create(MediaTypes.AUDIO_MPEG);
        var body = file == null
                ? Shape.utf8(shape.whole(plan, plan.prose().whole()).toString())
                : file;
        if (script.has(Cue.MALFORMED_AT)) {
            body = body.take(body.length() / 2);
        }
        if (Pace.matters(script) || script.has(Cue.CHUNKING)) {
            var source = sent(Frames.sliced(body, SLICE), script);
            return response(shape, 200, requestId).withEntity(HttpEntities.createChunked(type, source));
        }
        return response(shape, 200, requestId).withEntity(HttpEntities.create(type, body));
    }

    /** One JSON document of exactly so many bytes, its text made while it is sent. */
    private HttpResponse big(Shape shape, Plan plan, String requestId) {
        var script = plan.script();
        var around = shape.whole(plan, Shape.TEXT_HERE).toString().split(Shape.TEXT_HERE, 2);
        var before = Shape.utf8(around[0]);
        var after = Shape.utf8(around[1]);
        var text = Math.max(0, script.count(Cue.BIG, 0) - before.length() - after.length());
        var whole = (int) (text / FILLER_LENGTH);
        var rest = FILLER.take((int) (text % FILLER_LENGTH));
        var tail = rest.isEmpty() ? List.of(after) : List.of(rest, after);
        var source = sent(Frames.of(List.of(before), whole, _ -> FILLER, tail), script);
        var length = before.length() + text + after.length();
        return response(shape, 200, requestId)
                .withEntity(HttpEntities.create(ContentTypes.APPLICATION_JSON, length, source));
    }

    private Source<ByteString, ?> sent(Frames frames, Script script) {
        var source = Source.fromGraph(new PacedFrames(frames, Pace.of(script, frames.size()), open));
        if (!script.has(Cue.CHUNKING)) {
            return source;
        }
        var length = (int) Math.max(1, script.count(Cue.CHUNKING, 7));
        return source.mapConcat(frame -> {
            var pieces = Frames.sliced(frame, length);
            var list = new ArrayList<ByteString>(pieces.size());
            for (var index = 0; index < pieces.size(); index++) {
                list.add(pieces.frame(index));
            }
            return list;
        });
    }

    private static HttpResponse fault(Shape shape, Script script, String requestId) {
        var status = (int) script.count(Cue.FAULT, 500);
        if (status < 400 || status > 599) {
            throw new BadScript("x-simulate: fault=" + status + " (expected: 400 to 599)");
        }
        var answer = failure(shape, status, "Simulated fault " + status + ".", requestId);
        if (script.has(Cue.RETRY_AFTER)) {
            answer = answer.addHeader(RawHeader.create("retry-after", Long.toString(script.count(Cue.RETRY_AFTER, 0))));
        }
        return answer;
    }

    private static HttpResponse failure(Shape shape, int status, String message, String requestId) {
        var answer = response(shape, status, requestId);
        for (var header : shape.errorHeaders(status).entrySet()) {
            answer = answer.addHeader(RawHeader.create(header.getKey(), header.getValue()));
        }
        return answer.withEntity(ContentTypes.APPLICATION_JSON, Shape.utf8(shape.error(status, message, requestId)));
    }

    private static HttpResponse json(Shape shape, String body, String requestId) {
        return response(shape, 200, requestId).withEntity(ContentTypes.APPLICATION_JSON, Shape.utf8(body));
    }

    private static HttpResponse response(Shape shape, int status, String requestId) {
        var headers = new ArrayList<HttpHeader>();
        shape.headers(requestId, status == 429).forEach((name, value) -> headers.add(RawHeader.create(name, value)));
        return HttpResponse.create().withStatus(status(status)).withHeaders(headers);
    }

    private static StatusCode status(int status) {
        return StatusCodes.lookup(status)
                .orElseGet(
                        () -> StatusCodes.custom(status, status == 529 ? "Overloaded" : "Simulated", "", false, true));
    }

    private static HttpResponse got(ReceivedRequest request, String path, String requestId) {
        var anthropic = request.header("anthropic-version").isPresent();
        Shape shape = anthropic ? new MessagesShape() : new ChatShape();
        return switch (path) {
            case "/" -> HttpResponse.create().withEntity(ContentTypes.TEXT_PLAIN_UTF8, Shape.utf8(about()));
            case "/v1/models" ->
                hasCredential(request)
                        ? json(shape, (anthropic ? anthropicModels() : openAiModels()).toString(), requestId)
                        : failure(shape, 401, "No credential came with the request.", requestId);
            default -> failure(shape, 404, "Unknown request URL: GET " + path, requestId);
        };
    }

    private static JsonNode openAiModels() {
        var answer = Shape.object().put("object", "list");
        var data = answer.putArray("data");
        for (var model : DemoModel.of(Maker.OPENAI)) {
            data.addObject()
                    .put("id", model.id())
                    .put("object", "model")
                    .put("created", Shape.NOW)
                    .put("owned_by", "simulator");
        }
        return answer;
    }

    private static JsonNode anthropicModels() {
        var answer = Shape.object();
        var models = DemoModel.of(Maker.ANTHROPIC);
        var data = answer.putArray("data");
        for (var model : models) {
            data.addObject()
                    .put("type", "model")
                    .put("id", model.id())
                    .put("display_name", model.id())
                    .put("created_at", "2026-11-20T10:00:00Z");
        }
        return answer.put("has_more", false)
                .put("first_id", models.getFirst().id())
                .put("last_id", models.getLast().id());
    }

    private static String about() {
        var text = new StringBuilder(
                "Simulated providers: OpenAI chat and Responses, Anthropic Messages, Gemini; both of the latter on Vertex AI, too; Bedrock.\n\nModels:\n");
        for (var model : DemoModel.ALL) {
            text.append("  %-20s %s%n".formatted(model.id(), model.manner()));
        }
        return text + "\nScript a request with the header x-simulate: key=value; key=value\n"
                + "or in the model's name: any-name?key=value&key=value\n\n" + Script.help();
    }

    private static boolean hasCredential(ReceivedRequest request) {
        return request.header("authorization").isPresent()
                || request.header("x-api-key").isPresent()
                || request.header("x-goog-api-key").isPresent();
    }

    private static @Nullable JsonNode object(ByteString body) {
        try {
            var node = JSON.readTree(body.toArrayUnsafe());
            return node.isObject() ? node : null;
        } catch (IOException e) {
            return null; // Not JSON: the caller answers 400.
        }
    }
}
