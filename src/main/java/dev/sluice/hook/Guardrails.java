package dev.sluice.hook;

import dev.sluice.access.Permit;
import dev.sluice.config.GrantRule.HookDatum;
import dev.sluice.config.GrantRule.HookEvent;
import dev.sluice.config.HookRule;
import dev.sluice.hook.Hooks.Blocked;
import dev.sluice.hook.Hooks.Passed;
import dev.sluice.hook.Hooks.Question;
import dev.sluice.hook.Hooks.Unanswered;
import dev.sluice.hook.Hooks.Verdict;
import dev.sluice.quota.Quota;
import dev.sluice.wire.BadRequest;
import dev.sluice.wire.RequestBodies;
import dev.sluice.wire.Usage;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Asks guardrails about a request, one after the other: each sees what the ones before it have made of it, and one that says no is the last. */
final class Guardrails {
    private static final Logger log = LoggerFactory.getLogger(Guardrails.class);

    /** A reply may hold a whole body, and some words around it. */
    private static final long MAX_REPLY = Payload.MAX_BODY + (1 << 20);

    private static final Comparator<Permit.Hook> ORDER = Comparator.<Permit.Hook>comparingLong(hook ->
                    hook.rule() == null ? Long.MIN_VALUE : -(long) hook.rule().preference())
            .thenComparing(Permit.Hook::name);

    private final HookClient client;
    private final Tallies tallies;
    private final Function<List<String>, CompletionStage<List<Quota.Status>>> quotas;
    private final Supplier<String> tailnet;
    private final Executor executor;

    /** @param executor where payloads are made and replies read: that takes too long for a loop */
    Guardrails(
            HookClient client,
            Tallies tallies,
            Function<List<String>, CompletionStage<List<Quota.Status>>> quotas,
            Supplier<String> tailnet,
            Executor executor) {
        this.client = client;
        this.tallies = tallies;
        this.quotas = quotas;
        this.tailnet = tailnet;
        this.executor = executor;
    }

    CompletionStage<Verdict> ask(Question question) {
        var chain = question.hooks().stream().sorted(ORDER).toList();
        var wantsQuotas = chain.stream().anyMatch(hook -> hook.send().contains(HookDatum.QUOTAS));
        var buckets =
                question.permit().buckets().stream().map(Permit.Bucket::name).toList();
        var known =
                wantsQuotas ? quotas.apply(buckets) : CompletableFuture.<List<Quota.Status>>completedFuture(List.of());
        return known.thenComposeAsync(
                statuses -> new Chain(question, chain, statuses).ask(0, question.body(), false), executor);
    }

    /** One request's way through them. */
    private final class Chain {
        private final Question question;
        private final List<Permit.Hook> hooks;
        private final List<Quota.Status> statuses;

        Chain(Question question, List<Permit.Hook> hooks, List<Quota.Status> statuses) {
            this.question = question;
            this.hooks = hooks;
            this.statuses = statuses;
        }

        CompletionStage<Verdict> ask(int next, byte[] body, boolean modified) {
            if (next == hooks.size()) {
                return CompletableFuture.completedFuture(new Passed(modified ? body : null));
            }
            var hook = hooks.get(next);
            var rule = hook.rule();
            var tally = tallies.of(hook.name());
            if (rule == null) {
                return CompletableFuture.completedFuture(new Unanswered(hook.name(), "the policy does not define it"));
            }
            var began = System.nanoTime();
            return client.call(rule, message(hook, body), MAX_REPLY, question.gone())
                    .thenComposeAsync(
                            reply -> {
                                if (isGone()) {
                                    return CompletableFuture.failedFuture(
                                            new CancellationException("nobody waits for the answer any more"));
                                }
                                tally.asked(System.nanoTime() - began);
                                return judge(rule, tally, reply, next, body, modified);
                            },
                            executor);
        }

        private boolean isGone() {
            var gone = question.gone();
            return gone != null && gone.toCompletableFuture().isDone();
        }

        private HookClient.Message message(Permit.Hook hook, byte[] body) {
            var payload = new Payload(
                    question.subject(),
                    tailnet.get(),
                    question.permit(),
                    Conversation.begun(question.format(), body),
                    List.of(),
                    new Payload.Cost(
                            question.estimateNanos(), question.basis(), Usage.ofText(question.promptTokens(), 0)),
                    statuses);
            return new HookClient.Message(
                    MessageIds.of(question.subject().requestId(), hook.name(), HookEvent.PRE_REQUEST),
                    "pre_request",
                    payload.bytes(hook.send()));
        }

        private CompletionStage<Verdict> judge(
                HookRule rule, Tally tally, HookClient.Reply reply, int next, byte[] body, boolean modified) {
            var said = reply.isGood() ? said(reply) : null;
            return switch (said) {
                case GuardrailReply.Allow() -> {
                    tally.allowed();
                    yield ask(next + 1, body, modified);
                }
                case GuardrailReply.Modify(var instead) -> {
                    tally.modified();
                    yield ask(next + 1, instead, true);
                }
                case GuardrailReply.Block(var status, var message) -> {
                    tally.blocked();
                    yield CompletableFuture.completedFuture(new Blocked(rule.name(), status, message));
                }
                case null -> failed(rule, tally, reply, next, body, modified);
            };
        }

        private CompletionStage<Verdict> failed(
                HookRule rule, Tally tally, HookClient.Reply reply, int next, byte[] body, boolean modified) {
            var why = reply.isGood() ? "its reply says no action that is known" : reply.trouble();
            tally.unanswered(rule.failClosed(), why);
            log.atWarn()
                    .addKeyValue("requestId", question.subject().requestId())
                    .addKeyValue("hook", rule.name())
                    .addKeyValue("detail", why)
                    .addKeyValue("failPolicy", rule.failClosed() ? "fail_closed" : "fail_open")
                    .log("a guardrail gave no answer");
            return rule.failClosed()
                    ? CompletableFuture.completedFuture(new Unanswered(rule.name(), "it gave no answer"))
                    : ask(next + 1, body, modified);
        }
    }

    private static @Nullable GuardrailReply said(HookClient.Reply reply) {
        try {
            return GuardrailReply.read(RequestBodies.decode(reply.body(), reply.coding(), (int) MAX_REPLY));
        } catch (BadRequest _) {
            return null;
        }
    }
}
