package dev.sluice.capture;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.sun.management.OperatingSystemMXBean;
import dev.sluice.config.DatabaseRule;
import dev.sluice.journal.TestStorage;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Semaphore;
import org.apache.pekko.Done;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;

/**
 * What a capture costs: CPU and bytes each. Not a test.
 *
 * <p>Arguments: captures, turns a session (1: each exchange is its own), characters of the system prompt.
 */
final class CaptureBenchmark {
    private static final int UNDER_WAY = 500;

    private CaptureBenchmark() {}

    @SuppressWarnings("ArrayRecordComponent") // Never compared.
    private record Said(byte[] request, String answer) {}

    @SuppressWarnings("SystemOut") // A program for a person at a terminal.
    public static void main(String[] args) throws Exception {
        var count = Integer.parseInt(args[0]);
        var turns = Integer.parseInt(args[1]);
        var system = Integer.parseInt(args[2]);
        var directory = Files.createTempDirectory("capture-benchmark");
        var kit = ActorTestKit.create("captures", TestStorage.config(directory));
        var captures = Captures.start(kit.system(), 64 << 20, () -> DatabaseRule.USUAL, Instant::now);
        var rule = new DatabaseRule(null, false, Set.of(), List.of(), false, false);
        var transcripts = new Transcripts(1L << 30);
        var said = said(turns, system);
        run(captures, transcripts, rule, said, turns, "warm", count);
        var cpu = cpuNanos();
        var writer = writerNanos();
        var caller = 0L;
        var started = System.nanoTime();
        caller += run(captures, transcripts, rule, said, turns, "real", count);
        var counts = captures.counts();
        System.out.printf(
                "%d captures: %.1f us CPU each of the captures' threads, %.1f of the process, %.1f of the caller's time (making the transcript included), %,d/s, %d dropped%n",
                count,
                (writerNanos() - writer) / 1000.0 / count,
                (cpuNanos() - cpu) / 1000.0 / count,
                caller / 1000.0 / count,
                (long) (count * 1e9 / (System.nanoTime() - started)),
                counts.dropped());
        kit.shutdownTestKit();
        System.out.printf("%,d bytes each%n", Files.size(directory.resolve("captures.db")) / counts.kept());
    }

    private static List<Said> said(int turns, int system) {
        var said = new ArrayList<Said>();
        while (said.size() < 1_000) {
            var talk = new Talk(said.size(), system);
            for (var turn = 0; turn < turns; turn++) {
                var request = talk.user(400).request();
                talk.answer(400);
                said.add(new Said(
                        request,
                        "{\"id\":\"msg_" + said.size()
                                + "\",\"type\":\"message\",\"content\":[{\"type\":\"text\",\"text\":\""
                                + talk.prose(400) + "\"}],\"usage\":{\"input_tokens\":9,\"output_tokens\":100}}"));
            }
        }
        return said;
    }

    private static long run(
            Captures captures,
            Transcripts transcripts,
            DatabaseRule rule,
            List<Said> said,
            int turns,
            String life,
            int count)
            throws InterruptedException {
        var room = new Semaphore(UNDER_WAY);
        var caller = 0L;
        var head = Talk.head("x-request-id", life);
        for (var nth = 0; nth < count; nth++) {
            room.acquire();
            var it = said.get(nth % said.size());
            // Other bytes than the last time, as far as the store can see.
            var request = new String(it.request(), UTF_8)
                    .replace("\"user_id\":\"u\"", "\"user_id\":\"" + life + nth / said.size() + "\"")
                    .getBytes(UTF_8);
            var began = System.nanoTime();
            var transcript = Talk.document(transcripts, head, request, it.answer());
            CompletionStage<Done> done = captures.keep(
                    Talk.exchange(
                            "%s-%09d".formatted(life, nth), "%s-%06d".formatted(life, nth / turns), "ann" + nth % 50),
                    transcript,
                    List.of(),
                    rule);
            caller += System.nanoTime() - began;
            var _ = done.whenComplete((_, _) -> {
                transcript.free();
                room.release();
            });
        }
        room.acquire(UNDER_WAY);
        return caller;
    }

    /** The writer's, and of the whole process: with what makes the requests, and the compilers. */
    private static long writerNanos() {
        var threads = ManagementFactory.getThreadMXBean();
        return java.util.Arrays.stream(threads.getThreadInfo(threads.getAllThreadIds()))
                .filter(thread -> thread != null && thread.getThreadName().startsWith("sluice-captures-"))
                .mapToLong(thread -> threads.getThreadCpuTime(thread.getThreadId()))
                .sum();
    }

    private static long cpuNanos() {
        return ((OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean()).getProcessCpuTime();
    }
}
