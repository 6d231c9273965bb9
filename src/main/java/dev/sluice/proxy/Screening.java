package dev.sluice.proxy;

import dev.sluice.access.Permit;
import dev.sluice.capture.Transcripts;
import dev.sluice.config.GrantRule.HookEvent;
import dev.sluice.hook.Hooks;
import dev.sluice.hook.Hooks.Blocked;
import dev.sluice.hook.Hooks.Passed;
import dev.sluice.hook.Hooks.Unanswered;
import dev.sluice.hook.Hooks.Verdict;
import dev.sluice.net.Loop;
import dev.sluice.provider.Providers;
import dev.sluice.wire.Asked;
import dev.sluice.wire.BadRequest;
import dev.sluice.wire.RequestHead;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.apache.pekko.http.javadsl.model.HttpHeader;

/** Has guardrails look at a request before it is sent. */
record Screening(Hooks hooks, Transcripts transcripts, long maxBody) {

    /** What one request has been through; each guardrail is asked about it once. */
    final class Course {
        private final Underway request;
        private final Set<String> asked = new HashSet<>();

        Course(Underway request) {
            this.request = request;
        }

        /**
         * Asks those of a permit that have not been asked yet.
         *
         * @param plain the body without its content coding
         * @return the body to send in its place, which the request has been told of; empty when it stays. Fails with a {@link Refused}
         */
        CompletableFuture<Optional<byte[]>> ask(Permit permit, byte[] plain) {
            var next = permit.hooks().stream()
                    .filter(hook -> hook.events().contains(HookEvent.PRE_REQUEST) && asked.add(hook.name()))
                    .toList();
            if (next.isEmpty()) {
                return CompletableFuture.completedFuture(Optional.empty());
            }
            var cost = request.worstCost();
            var client = request.call().request();
            var caller = request.call().caller();
            var question = new Hooks.Question(
                    new Hooks.Subject(
                            caller.login(),
                            caller.node(),
                            client.getHeader("user-agent")
                                    .map(HttpHeader::value)
                                    .orElse(""),
                            client.getUri().path(),
                            request.upstream().provider().id(),
                            request.upstream().model(),
                            request.requestId(),
                            request.session()),
                    permit,
                    next,
                    request.format.name(),
                    plain,
                    cost == null ? null : cost.nanos(),
                    cost == null ? null : cost.basis(),
                    request.head().promptTokens(),
                    client.getAttribute(Providers.ABANDONED).orElse(null));
            return Loop.returning(hooks.ask(question)).handle((verdict, failure) -> {
                if (Attempts.isGone(client)) {
                    throw new Refused(new Refusal.Abandoned());
                }
                if (failure != null) {
                    throw new CompletionException(failure);
                }
                return heard(verdict);
            });
        }

        private Optional<byte[]> heard(Verdict verdict) {
            return switch (verdict) {
                case Passed(var body) when body == null -> Optional.empty();
                case Passed(var body) -> Optional.of(rewritten(body));
                case Blocked(var hook, var status, var message) ->
                    throw new Refused(new Refusal.GuardrailBlocked(hook, status, message));
                case Unanswered(var hook, var why) -> throw new Refused(new Refusal.GuardrailUnavailable(hook, why));
            };
        }

        private byte[] rewritten(byte[] instead) {
            if (instead.length > maxBody) {
                throw misused("it is larger than the limit of " + maxBody + " bytes");
            }
            var before = request.head();
            var now = read(instead);
            // Grants, buckets and guardrails were looked up for what it was.
            if (!now.model().equals(before.model())) {
                throw misused("its model is another one");
            }
            if (now.stream() != before.stream()) {
                throw misused("it asks for " + (now.stream() ? "a stream" : "no stream") + ", unlike the client");
            }
            request.rewritten(now, transcripts.begin(request.call().request(), instead));
            return instead;
        }

        private RequestHead read(byte[] instead) {
            var client = request.call().request();
            try {
                return request.format.readHead(new Asked(
                        request.operation,
                        request.call().parameters(),
                        instead,
                        client.entity().getContentType().toString(),
                        name -> client.getHeader(name).map(HttpHeader::value).orElse(null)));
            } catch (BadRequest e) {
                throw misused(String.valueOf(e.getMessage()));
            }
        }

        private static Refused misused(String why) {
            return new Refused(new Refusal.GuardrailMisused(why));
        }
    }

    Course of(Underway request) {
        return new Course(request);
    }
}
