package dev.sluice;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;
import picocli.CommandLine.TypeConversionException;

/** {@code sluice key create}. Standard output has the key and nothing else, so that a script can take it. */
@Command(name = "create", description = "Makes a key and prints it, this once.", mixinStandardHelpOptions = true)
@SuppressWarnings("NullAway.Init") // Fields are set by picocli before anything runs.
final class KeyCreateCommand implements Callable<Integer> {
    @Mixin
    private ControlPlane gateway;

    @Option(
            names = "--owner",
            paramLabel = "LOGIN",
            required = true,
            description = "Whose grants it has; with tags, who answers for it.")
    private String owner;

    @Option(names = "--name", paramLabel = "TEXT", description = "What people are to call it.")
    private @Nullable String name;

    @Option(
            names = "--expires",
            paramLabel = "TIME",
            converter = Expiry.class,
            description = "After which time (30m, 12h, 90d, 4w) or at which (2027-01-31T12:00:00Z); never unless said.")
    private @Nullable Instant expires;

    @Option(
            names = "--tag",
            paramLabel = "TAG",
            description = "Makes it a tagged machine's, with the tag's grants and not its owner's; may be repeated.")
    private List<String> tags = List.of();

    @Option(
            names = "--model",
            paramLabel = "PATTERN",
            description = "Good for these only of the models that are granted, as anthropic/**; may be repeated.")
    private List<String> models = List.of();

    @ArgGroup(exclusive = false, heading = "Money of its own, beside the quotas of grants:%n")
    private @Nullable Quota quota;

    @Option(names = "--admin", description = "May have an administrator's role, if its owner or tags are granted it.")
    private boolean admin;

    @Spec
    private CommandSpec spec;

    static final class Quota {
        @Option(
                names = "--capacity",
                paramLabel = "DOLLARS",
                required = true,
                description = "What its bucket holds and starts with: $$10")
        private String capacity;

        @Option(names = "--rate", paramLabel = "RATE", required = true, description = "What comes back: $$5/day")
        private String rate;
    }

    static final class Expiry implements ITypeConverter<Instant> {
        private static final Pattern AFTER = Pattern.compile("(\\d{1,5})([mhdw])");
        private static final Map<String, Duration> UNITS = Map.of(
                "m", Duration.ofMinutes(1), "h", Duration.ofHours(1), "d", Duration.ofDays(1), "w", Duration.ofDays(7));

        @Override
        public Instant convert(String text) {
            var after = AFTER.matcher(text);
            if (after.matches()) {
                var unit = UNITS.getOrDefault(after.group(2), Duration.ZERO);
                return Instant.now()
                        .plus(unit.multipliedBy(Long.parseLong(after.group(1))))
                        .truncatedTo(ChronoUnit.SECONDS);
            }
            try {
                return Instant.parse(text);
            } catch (DateTimeParseException e) {
                throw new TypeConversionException(
                        "'" + text + "' (expected: 30m, 12h, 90d, 4w, or a time as 2027-01-31T12:00:00Z)");
            }
        }
    }

    @Override
    public Integer call() throws IOException, InterruptedException {
        var made = gateway.post("/api/keys", body());
        var about = made.path("about");
        var until = about.path("expires").isTextual()
                ? ", until " + about.path("expires").asText()
                : "";
        spec.commandLine().getOut().println(made.path("key").asText());
        spec.commandLine().getOut().flush();
        var err = spec.commandLine().getErr();
        err.println("made gateway key " + about.path("id").asText() + " for "
                + about.path("owner").asText() + until + "; nobody can show it again");
        err.println("to revoke it: sluice key revoke " + about.path("id").asText());
        return 0;
    }

    private ObjectNode body() {
        var body = JsonNodeFactory.instance.objectNode().put("owner", owner);
        if (name != null) {
            body.put("name", name);
        }
        if (expires != null) {
            body.put("expires", expires.toString());
        }
        if (!tags.isEmpty()) {
            tags.forEach(body.putArray("tags")::add);
        }
        if (!models.isEmpty()) {
            models.forEach(body.putArray("models")::add);
        }
        if (quota != null) {
            body.putObject("quota").put("capacity", quota.capacity).put("rate", quota.rate);
        }
        return admin ? body.put("allow_admin", true) : body;
    }
}
