package dev.sluice.hook;

import dev.sluice.access.Permit;
import dev.sluice.capture.Transcript;
import dev.sluice.config.DatabaseRule;
import dev.sluice.config.GrantRule.HookDatum;
import dev.sluice.config.Policy;
import dev.sluice.provider.Providers;
import dev.sluice.quota.Quota;
import dev.sluice.session.Exchange;
import dev.sluice.wire.ToolCall;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import org.apache.pekko.Done;
import org.apache.pekko.actor.typed.ActorSystem;
import org.jspecify.annotations.Nullable;

/** Asks hooks before requests, and tells them after. */
public interface Hooks {
    /**
     * Opens the room on a node, and goes on with what an earlier process has left to be delivered, or, where nodes share a storage, with what nobody delivers.
     *
     * @param policy  the one in force
     * @param tailnet the name of the one that the node is in; empty when it is in none, or nobody knows yet
     */
    static CompletionStage<Hooks> start(
            ActorSystem<?> system,
            Providers providers,
            Quota quota,
            Supplier<Policy> policy,
            Supplier<String> tailnet,
            InstantSource clock,
            RandomGenerator random) {
        return CallingHooks.start(system, providers::send, quota, policy, tailnet, clock, random);
    }

    /** Whether any hook will need what the client sent, once the request has ended. */
    static boolean wantRequest(Permit permit) {
        for (var hook : permit.hooks()) {
            if (hook.send().contains(HookDatum.REQUEST_BODY) || hook.send().contains(HookDatum.USER_MESSAGE)) {
                return true;
            }
        }
        return false;
    }

    /**
     * What hooks are told of every request.
     *
     * @param path of the client's request
     */
    record Subject(
            String login,
            String node,
            String userAgent,
            String path,
            String provider,
            String model,
            String requestId,
            String session) {}

    /**
     * A request that guardrails are asked about.
     *
     * @param hooks         those to ask; the order is made here
     * @param format        the wire format's name
     * @param body          without its content coding
     * @param estimateNanos the most that it can come to; null when nobody knows
     * @param basis         of the price; null when nobody knows it
     * @param gone          completes when nobody waits any more; nobody is asked then
     */
    @SuppressWarnings("ArrayRecordComponent") // Never compared: it lives as long as one question.
    record Question(
            Subject subject,
            Permit permit,
            List<Permit.Hook> hooks,
            String format,
            byte[] body,
            @Nullable Long estimateNanos,
            @Nullable String basis,
            long promptTokens,
            @Nullable CompletionStage<?> gone) {}

    /** What guardrails say of a request, all of them together. */
    sealed interface Verdict {}

    /**
     * It may go on.
     *
     * @param body to send in place of the one it had; null when that stays
     */
    @SuppressWarnings("ArrayRecordComponent") // As above.
    record Passed(byte @Nullable [] body) implements Verdict {}

    record Blocked(String hook, int status, String message) implements Verdict {}

    /** One that may not be done without could not be asked. */
    record Unanswered(String hook, String why) implements Verdict {}

    /**
     * A request that has ended.
     *
     * @param permit     by which it was sent
     * @param tools      that the answer calls, with their arguments
     * @param transcript null when nothing was said
     * @param database   what may be kept
     */
    record Ended(
            Exchange exchange,
            Permit permit,
            List<ToolCall> tools,
            @Nullable Transcript transcript,
            DatabaseRule database) {}

    /** Asks all of them, one after the other; never fails but with what ended the request ({@link Question#gone}). */
    CompletionStage<Verdict> ask(Question question);

    /**
     * Tells the hooks of a request, in its own time. Completes, and never fails, when that is sure to happen even if this process dies, and
     * nothing of the transcript is needed any more; at once when there is nobody to tell. May complete on any thread.
     */
    CompletionStage<Done> tell(Ended ended);

    /** How every hook does that was ever called. */
    List<Status> status();

    /** The latest deliveries that were given up, latest first. */
    CompletionStage<List<DeadLetter>> deadLetters(int most);

    /**
     * How a hook does.
     *
     * @param queued         deliveries that wait or are under way
     * @param delivered      since the data directory was made, as {@code deadLetters}; with storage in Cassandra, by a node of this address
     * @param failedAttempts since this process began, as what follows
     * @param asked          before requests
     */
    record Status(
            String hook,
            long queued,
            long queuedBytes,
            long delivered,
            long deadLetters,
            long failedAttempts,
            @Nullable String lastError,
            @Nullable Instant lastErrorAt,
            Asked asked) {
        /** Of one that was never called. */
        public static Status untouched(String hook) {
            return new Status(hook, 0, 0, 0, 0, 0, null, null, new Asked(0, 0, 0, 0, 0, 0));
        }
    }

    /**
     * What came of asking.
     *
     * @param failedOpen   not answered, and the request went on
     * @param failedClosed not answered, and the request did not
     * @param nanos        that all of it took together
     */
    record Asked(long allowed, long modified, long blocked, long failedOpen, long failedClosed, long nanos) {}

    /** A delivery that was given up. */
    record DeadLetter(
            String message,
            String hook,
            String requestId,
            Instant created,
            Instant died,
            int attempts,
            String reason) {}
}
