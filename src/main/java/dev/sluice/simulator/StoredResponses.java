package dev.sluice.simulator;

import static dev.sluice.simulator.Shape.object;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Responses that can be asked for again: those made in the background, and those whose request says {@code "store": true}. */
final class StoredResponses {
    private static final int MOST = 1_000;

    private static final class Stored {
        final Plan plan;
        boolean cancelled;
        boolean running;

        Stored(Plan plan, boolean running) {
            this.plan = plan;
            this.running = running;
        }
    }

    private final ResponsesShape shape = new ResponsesShape();
    private final Map<String, Stored> responses = new LinkedHashMap<>() {
        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Stored> eldest) {
            return size() > MOST;
        }
    };

    /** Keeps a response that was asked for so; the answer for now when it goes on in the background, else null. */
    synchronized @Nullable ObjectNode keep(Plan plan) {
        var background = plan.asked().body().path("background").asBoolean();
        if (background || plan.asked().body().path("store").asBoolean()) {
            responses.put(plan.id("resp_"), new Stored(plan, background));
        }
        return background ? unfinished(plan, "queued") : null;
    }

    /** First under way, then whole. */
    synchronized Optional<ObjectNode> get(String id) {
        return Optional.ofNullable(responses.get(id)).map(stored -> {
            if (stored.cancelled) {
                return unfinished(stored.plan, "cancelled");
            }
            if (stored.running) {
                stored.running = false;
                return unfinished(stored.plan, "in_progress");
            }
            return shape.whole(stored.plan, stored.plan.prose().whole());
        });
    }

    /** What it says; the faults were for whoever asked first. */
    synchronized Optional<Plan> plan(String id) {
        return Optional.ofNullable(responses.get(id)).map(stored -> stored.plan.withoutFaults());
    }

    synchronized Optional<ObjectNode> cancel(String id) {
        return Optional.ofNullable(responses.get(id)).map(stored -> {
            stored.cancelled = true;
            return unfinished(stored.plan, "cancelled");
        });
    }

    synchronized Optional<ObjectNode> delete(String id) {
        return Optional.ofNullable(responses.remove(id))
                .map(stored -> object().put("id", id).put("object", "response").put("deleted", true));
    }

    synchronized Optional<ObjectNode> inputItems(String id) {
        return Optional.ofNullable(responses.get(id)).map(stored -> {
            var items = object().put("object", "list");
            var item = items.putArray("data").addObject().put("id", "msg_" + id);
            item.put("type", "message")
                    .put("role", "user")
                    .putArray("content")
                    .addObject()
                    .put("type", "input_text")
                    .put("text", stored.plan.asked().body().path("input").asText());
            return items.put("first_id", "msg_" + id)
                    .put("last_id", "msg_" + id)
                    .put("has_more", false);
        });
    }

    private ObjectNode unfinished(Plan plan, String status) {
        var response = shape.whole(plan, "");
        response.remove("completed_at");
        response.putArray("output");
        return response.put("status", status).put("background", true).putNull("usage");
    }
}
