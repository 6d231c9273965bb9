package dev.sluice;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code sluice key list}. */
@Command(
        name = "list",
        description = "Lists one's own keys, the latest first; administrators see everybody's.",
        mixinStandardHelpOptions = true)
@SuppressWarnings("NullAway.Init") // Fields are set by picocli before anything runs.
final class KeyListCommand implements Callable<Integer> {
    private static final int PAGE = 500;
    private static final List<String> COLUMNS =
            List.of("ID", "STATUS", "OWNER", "TAGS", "NAME", "CREATED", "EXPIRES", "LAST USED");

    @Mixin
    private ControlPlane gateway;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() throws IOException, InterruptedException {
        var rows = new ArrayList<List<String>>();
        rows.add(COLUMNS);
        var next = "";
        do {
            var page = gateway.get("/api/keys?limit=" + PAGE + next);
            page.path("keys").forEach(key -> rows.add(row(key)));
            var before = page.path("next_before");
            next = before.isTextual() ? "&before=" + before.asText() : "";
        } while (!next.isEmpty());
        print(rows, spec.commandLine().getOut());
        return 0;
    }

    private static List<String> row(JsonNode key) {
        var tags = new ArrayList<String>();
        key.path("tags").forEach(tag -> tags.add(tag.asText()));
        return List.of(
                key.path("id").asText(),
                key.path("status").asText(),
                key.path("owner").asText(),
                String.join(",", tags),
                key.path("name").asText(),
                time(key.path("created")),
                time(key.path("expires")),
                time(key.path("last_used")));
    }

    /** To the second. */
    private static String time(JsonNode instant) {
        return instant.isTextual() ? instant.asText().replaceFirst("\\.\\d+Z$", "Z") : "never";
    }

    private static void print(List<List<String>> rows, PrintWriter out) {
        for (var row : rows) {
            var line = new StringBuilder();
            for (var column = 0; column < row.size(); column++) {
                var at = column;
                var width = rows.stream()
                        .mapToInt(each -> each.get(at).length())
                        .max()
                        .orElse(0);
                line.append(row.get(column)).repeat(' ', width - row.get(column).length() + 2);
            }
            out.println(line.toString().stripTrailing());
        }
    }
}
