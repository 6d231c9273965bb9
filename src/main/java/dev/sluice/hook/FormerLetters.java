package dev.sluice.hook;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.Done;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.pattern.Patterns;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Letters in a node's file, from before its letters lay in Cassandra. They are brought there, and leave the file when they have arrived. */
record FormerLetters(ActorSystem<?> system, SqliteLetters file, Letters home, ActorRef<Postman.Message> postman) {
    private static final Logger log = LoggerFactory.getLogger(FormerLetters.class);
    private static final int TOGETHER = 100;
    private static final long TOGETHER_BYTES = 4 << 20;
    private static final Duration AGAIN = Duration.ofSeconds(5);

    void move() {
        var _ = file.left().thenCompose(left -> move(left.letters())).whenComplete((_, failure) -> {
            if (failure != null) {
                log.atError()
                        .addKeyValue("file", file.database().path())
                        .setCause(failure)
                        .log("letters to hooks stay in a file; they are tried again after the next start");
            }
        });
    }

    private CompletionStage<Done> move(List<Letter> left) {
        if (left.isEmpty()) {
            return CompletableFuture.completedStage(Done.getInstance());
        }
        var bytes = 0L;
        var number = 0;
        while (number < Math.min(left.size(), TOGETHER) && (number == 0 || bytes < TOGETHER_BYTES)) {
            bytes += left.get(number++).size;
        }
        var some = left.subList(0, number);
        var rest = left.subList(number, left.size());
        return moveSome(some, bytes).thenCompose(_ -> move(rest));
    }

    private CompletionStage<Done> moveSome(List<Letter> some, long bytes) {
        CompletionStage<List<Letter>> read = CompletableFuture.completedStage(new ArrayList<>());
        for (var letter : some) {
            read = read.thenCompose(letters -> file.body(letter).thenApply(body -> {
                body.ifPresent(it -> letters.add(copy(letter, it)));
                return letters;
            }));
        }
        return read.thenCompose(letters -> stored(letters, bytes)).thenCompose(letters -> {
            postman.tell(new Postman.Deliver(letters));
            return file.database().write(connection -> HookTables.remove(connection, some));
        });
    }

    private CompletionStage<List<Letter>> stored(List<Letter> letters, long bytes) {
        return home.add(letters, bytes).thenApply(_ -> letters).exceptionallyCompose(failure -> {
            log.atWarn().setCause(failure).log("letters to hooks are brought to Cassandra again in a moment");
            return Patterns.after(
                    AGAIN, system.classicSystem().scheduler(), system.executionContext(), () -> stored(letters, bytes));
        });
    }

    /** Numbers of letters of this process begin at 1, of those that others have left at -1. */
    private static Letter copy(Letter letter, byte[] body) {
        var copy = new Letter(
                Long.MIN_VALUE + letter.id,
                letter.message,
                letter.hook,
                letter.event,
                letter.requestId,
                letter.created,
                letter.size,
                true,
                body);
        copy.attempts = letter.attempts;
        copy.due = letter.due;
        return copy;
    }
}
