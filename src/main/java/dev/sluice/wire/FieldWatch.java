package dev.sluice.wire;

import com.fasterxml.jackson.core.JsonToken;
import dev.sluice.wire.RequestHead.Mention;
import dev.sluice.wire.RequestHead.Splice;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Sees all fields of a body go by, whoever reads them, and notes two kinds by their paths: those that can be taken out, with the edits that do
 * it, and those that name the path's model once more.
 *
 * <p>A field goes with one of the commas around it. Neighbours that go together are one edit: up to the field behind them or, when
 * there is none, from the comma before them to the end of the object.
 */
final class FieldWatch {
    /** No body has that many; one that has is for its provider to refuse. */
    static final int MOST = 100_000;

    private static final int DEEPEST = 5;

    private final Set<String> strippable;
    private final Set<String> strippableNames;
    private final Set<String> models;
    private final Set<String> modelNames;
    private final String model;

    private final List<Splice> strips = new ArrayList<>();
    private final List<Mention> mentions = new ArrayList<>();
    private @Nullable String otherModel;

    private int depth;
    private @Nullable String mentioned;

    // The fields next to each other that go: where they begin, and how deep; -1 when there are none.
    private int runStart = -1;
    private int runDepth;

    /** @param model the path's */
    FieldWatch(RequestShape.Deeper shape, String model) {
        this.strippable = shape.strippable();
        this.strippableNames = lastNames(strippable);
        this.models = shape.models();
        this.modelNames = lastNames(models);
        this.model = model;
    }

    private static Set<String> lastNames(Set<String> paths) {
        return paths.stream()
                .map(path -> path.substring(path.lastIndexOf('.') + 1))
                .collect(Collectors.toUnmodifiableSet());
    }

    /** The edits that take out what can be taken out. */
    List<Splice> strips() {
        return List.copyOf(strips);
    }

    /**
     * Where the body names the path's model.
     *
     * @throws BadRequest when it names another one there: what was granted must be what is served
     */
    List<Mention> mentions() throws BadRequest {
        if (otherModel != null) {
            throw new BadRequest(otherModel + ": not the model of the path (expected: the same, or nothing)");
        }
        return List.copyOf(mentions);
    }

    void see(JsonToken token, BodyCursor body) throws IOException {
        switch (token) {
            case START_OBJECT, START_ARRAY -> depth++;
            case END_OBJECT -> {
                if (runStart >= 0 && depth == runDepth) {
                    endRun(withComma(body.body()), body.offset());
                }
                depth--;
            }
            case END_ARRAY -> depth--;
            case FIELD_NAME -> seeName(body);
            default -> {
                if (mentioned != null) {
                    seeModel(mentioned, body);
                }
            }
        }
        if (token != JsonToken.FIELD_NAME) {
            mentioned = null;
        }
    }

    private void seeName(BodyCursor body) throws IOException {
        var name = body.name();
        if (name == null) {
            return;
        }
        var goes = strippableNames.contains(name) && isOneOf(strippable, body.path(DEEPEST));
        if (runStart >= 0 && depth == runDepth && !goes) {
            endRun(runStart, body.offset());
        } else if (goes && runStart < 0) {
            runStart = body.offset();
            runDepth = depth;
        }
        var lower = name.length() <= 64 ? name.toLowerCase(Locale.ROOT) : name;
        if (modelNames.contains(lower)) {
            var path = body.path(DEEPEST);
            mentioned = path != null && models.contains(path.toLowerCase(Locale.ROOT)) ? path : null;
        }
    }

    private static boolean isOneOf(Set<String> paths, @Nullable String path) {
        return path != null && paths.contains(path);
    }

    private void endRun(int start, int end) {
        runStart = -1;
        if (strips.size() < MOST) {
            strips.add(new Splice(start, end, ""));
        }
    }

    /** Where the run begins, with the comma before it, if there is one: then some field stands before it and stays. */
    private int withComma(byte[] body) {
        var at = runStart - 1;
        while (body[at] == ' ' || body[at] == '\t' || body[at] == '\n' || body[at] == '\r') {
            at--;
        }
        return body[at] == ',' ? at : runStart;
    }

    private void seeModel(String path, BodyCursor body) throws IOException {
        if (body.at(JsonToken.VALUE_NULL)) {
            return;
        }
        var name = body.at(JsonToken.VALUE_STRING) ? body.shortText() : null;
        if (name == null || !names(name) || mentions.size() == MOST) {
            otherModel = path;
            return;
        }
        var token = body.string();
        mentions.add(new Mention(token.start(), token.end(), name.substring(0, name.length() - model.length())));
    }

    /** With or without what stands before it in a resource's name, for example {@code models/}. */
    private boolean names(String name) {
        return name.equals(model) || (name.endsWith("models/" + model) && !name.contains(".."));
    }
}
