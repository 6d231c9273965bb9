package dev.sluice.capture;

import dev.sluice.config.DatabaseRule;
import dev.sluice.journal.TestStorage;
import java.nio.file.Path;
import java.time.Instant;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;

/**
 * A process that captures a conversation until it is killed, and prints the number of each turn that was acknowledged, or of the session that was deleted.
 * Arguments: directory, name of this life.
 */
final class DyingCapturer {
    static final int TURNS = 30;
    static final int SYSTEM_CHARS = 20_000;

    private DyingCapturer() {}

    @SuppressWarnings("SystemOut") // The lines are what the test reads.
    public static void main(String[] args) {
        var kit = ActorTestKit.create("dying", TestStorage.config(Path.of(args[0])));
        var captures = Captures.start(kit.system(), 64 << 20, () -> DatabaseRule.USUAL, Instant::now);
        var transcripts = new Transcripts(1 << 30);
        for (var session = 0; ; session++) {
            var name = args[1] + "-" + session;
            var talk = new Talk(session, SYSTEM_CHARS);
            for (var turn = 0; turn < TURNS; turn++) {
                var id = name + "-" + turn;
                var transcript = transcripts.begin(Talk.head(), talk.user(200).request());
                captures.begin(name, "ann", transcript, DatabaseRule.USUAL);
                transcript.onlyCaptured();
                Talk.answer(transcript, talk.answer(200));
                var _ = captures.keep(Talk.exchange(id, name, "ann"), transcript, Talk.tools(), DatabaseRule.USUAL)
                        .whenComplete((_, _) -> {
                            transcript.free();
                            System.out.println("kept " + id);
                        });
            }
            if (session % 3 == 2) {
                TestStorage.await(captures.deleteSession(name));
                System.out.println("deleted " + name);
            }
        }
    }
}
