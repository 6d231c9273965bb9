package dev.sluice.identity;

import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.sluice.identity.LocalApi.Reply;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;

/** What the node's tailnet is called. It hardly ever changes and nobody waits for it: who asks is told what was last known. */
final class TailnetName implements Supplier<String> {
    private static final Duration AGE = Duration.ofMinutes(10);
    private static final JsonMapper JSON = JsonMapper.builder().build();

    private final Supplier<CompletionStage<Reply>> status;
    private final InstantSource clock;
    private final AtomicReference<Known> known = new AtomicReference<>(new Known("", Instant.MIN));

    /** @param old when it is asked for again */
    private record Known(String name, Instant old) {}

    /** @param status of the daemon */
    TailnetName(Supplier<CompletionStage<Reply>> status, InstantSource clock) {
        this.status = status;
        this.clock = clock;
    }

    /** Empty until the daemon has said it. */
    @Override
    public String get() {
        var last = known.get();
        var now = clock.instant();
        if (now.isAfter(last.old()) && known.compareAndSet(last, new Known(last.name(), now.plus(AGE)))) {
            var _ = status.get().thenAccept(reply -> known.set(new Known(name(reply, last.name()), now.plus(AGE))));
        }
        return last.name();
    }

    private static String name(Reply reply, String otherwise) {
        try {
            return reply.status() == 200
                    ? JSON.readTree(reply.body())
                            .path("CurrentTailnet")
                            .path("Name")
                            .asText(otherwise)
                    : otherwise;
        } catch (IOException _) {
            return otherwise;
        }
    }
}
