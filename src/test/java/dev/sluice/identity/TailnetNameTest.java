package dev.sluice.identity;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.identity.LocalApi.Reply;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

class TailnetNameTest {
    private final List<CompletableFuture<Reply>> asked = new ArrayList<>();
    private Instant now = Instant.parse("2026-11-21T12:00:00Z");
    private final TailnetName name = new TailnetName(
            () -> {
                var reply = new CompletableFuture<Reply>();
                asked.add(reply);
                return reply;
            },
            () -> now);

    private static Reply reply(int status, String body) {
        return new Reply(status, body.getBytes(StandardCharsets.UTF_8));
    }

    @Test
    void isWhatTheDaemonSaidLast() {
        assertThat(name.get()).isEmpty();
        assertThat(name.get()).isEmpty();
        assertThat(asked).hasSize(1);

        asked.getFirst().complete(reply(200, "{\"CurrentTailnet\": {\"Name\": \"example.com\"}}"));

        assertThat(name.get()).isEqualTo("example.com");
        assertThat(asked).hasSize(1);
    }

    @Test
    void staysWhileTheDaemonIsOfNoHelp() {
        name.get();
        asked.getFirst().complete(reply(200, "{\"CurrentTailnet\": {\"Name\": \"example.com\"}}"));
        for (var useless : List.of(reply(500, ""), reply(200, "<html>"), reply(200, "{}"))) {
            now = now.plusSeconds(601);
            name.get();
            asked.getLast().complete(useless);
            assertThat(name.get()).isEqualTo("example.com");
        }
        now = now.plusSeconds(601);
        name.get();
        asked.getLast().completeExceptionally(new IOException("nobody there"));
        assertThat(name.get()).isEqualTo("example.com");
        assertThat(asked).hasSize(5);
    }
}
