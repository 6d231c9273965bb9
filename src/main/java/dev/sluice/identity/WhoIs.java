package dev.sluice.identity;

import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sluice.config.GrantRule;
import dev.sluice.config.PolicyDocument;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Reads what tailscaled knows of a peer. Tags come first: the profile of a tagged machine is that of all of them
 * ({@code tagged-devices}). The top-level {@code CapMap} is what the peer may do here; that of {@code Node} is about something else.
 */
final class WhoIs {
    private static final JsonMapper JSON = JsonMapper.builder()
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .build();

    private WhoIs() {}

    static Resolver.Answer read(byte[] body) {
        JsonNode root;
        try {
            root = JSON.readTree(body);
        } catch (IOException _) {
            return doubted("what is no JSON");
        }
        var node = root.path("Node");
        if (!node.isObject()) {
            return doubted("a peer without a node");
        }
        var carried = carried(root.path("CapMap"));
        if (carried.isEmpty()) {
            return doubted("capabilities that cannot be read");
        }
        var tags = texts(node.path("Tags")).flatMap(Tags::of);
        if (tags.isEmpty()) {
            return doubted("tags that cannot be read");
        }
        return tags.get().isEmpty()
                ? person(node, root.path("UserProfile"), carried.get())
                : Resolver.Known.of(new Caller(
                        Tags.login(tags.get()),
                        node.path("ComputedName").asText(""),
                        node.path("StableID").asText(""),
                        tags.get(),
                        List.of(),
                        false,
                        carried.get()));
    }

    private static Resolver.Answer person(JsonNode node, JsonNode profile, List<GrantRule> carried) {
        var login = Login.ofPerson(profile.path("LoginName").asText(""));
        if (login.isEmpty()) {
            return doubted("a peer with neither tags nor a person's login");
        }
        return texts(profile.path("Groups"))
                .<Resolver.Answer>map(groups -> Resolver.Known.of(new Caller(
                        login.get(),
                        profile.path("DisplayName").asText(""),
                        node.path("StableID").asText(""),
                        List.of(),
                        groups,
                        false,
                        carried)))
                .orElseGet(() -> doubted("groups that cannot be read"));
    }

    /** Nothing stands for none. */
    private static Optional<List<String>> texts(JsonNode list) {
        var texts = new ArrayList<String>();
        if (!list.isMissingNode() && !list.isNull() && !list.isArray()) {
            return Optional.empty();
        }
        for (var each : list) {
            if (!each.isTextual()) {
                return Optional.empty();
            }
            texts.add(each.asText());
        }
        return Optional.of(texts);
    }

    /** Empty when they cannot be read: grants that are lost may take quotas with them. */
    private static Optional<List<GrantRule>> carried(JsonNode capabilities) {
        if (capabilities.isMissingNode() || capabilities.isNull()) {
            return Optional.of(List.of());
        }
        if (!(capabilities instanceof ObjectNode object)) {
            return Optional.empty();
        }
        // Go's word for an empty list.
        object.properties().stream()
                .filter(each -> each.getValue().isNull())
                .toList()
                .forEach(each -> object.putArray(each.getKey()));
        return Optional.ofNullable(
                        PolicyDocument.readCapabilities(object.toString()).grant())
                .map(List::of);
    }

    private static Resolver.Answer doubted(String what) {
        return new Resolver.Doubted("tailscaled told of " + what);
    }
}
