package dev.sluice.proxy;

import dev.sluice.gate.Call;
import dev.sluice.metric.Metrics;
import dev.sluice.session.Exchange;
import dev.sluice.session.Exchange.Outcome;
import dev.sluice.trace.Traces;
import dev.sluice.wire.Operation;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.StatusCode;
import java.net.URI;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A request's spans: one for the request, one below it for every attempt, by OpenTelemetry's conventions for generative AI. The last attempt
 * lasts as long as its answer. Nothing that was said is in there, and no query: some clients put keys there.
 */
final class RequestTrace {
    private static final AttributeKey<List<String>> FINISH_REASONS =
            AttributeKey.stringArrayKey("gen_ai.response.finish_reasons");

    private final Traces traces;
    private final Span request;
    private @Nullable Span attempt;

    private RequestTrace(Traces traces, Span request) {
        this.traces = traces;
        this.request = request;
    }

    /** Null where no traces are made. */
    static @Nullable RequestTrace begin(Traces traces, Call call, Operation operation) {
        return traces.areOn() ? new RequestTrace(traces, server(traces, call, operation)) : null;
    }

    private static Span server(Traces traces, Call call, Operation operation) {
        var message = call.request();
        var span = traces.server(operation.method() + " " + operation.path(), message.getHeaders());
        if (span.isRecording()) {
            span.setAttribute("http.request.method", operation.method());
            span.setAttribute("http.route", operation.path());
            message.getHeader("user-agent").ifPresent(agent -> span.setAttribute("user_agent.original", agent.value()));
            if (traces.nameCallers()) {
                span.setAttribute("enduser.id", call.caller().login());
            }
        }
        return span;
    }

    /** The next attempt begins; the headers that tell its provider which span it is part of. */
    List<Map.Entry<String, String>> attempt(Underway underway) {
        var upstream = underway.upstream();
        var what = operation(underway.operation.path());
        var span = traces.client(what + " " + upstream.model(), request);
        attempt = span;
        if (span.isRecording()) {
            var provider = upstream.provider();
            var maker = underway.rules.prices().basis(provider).orElse(provider.id());
            var known = maker(maker);
            span.setAttribute("gen_ai.operation.name", what);
            span.setAttribute("gen_ai.provider.name", known);
            span.setAttribute("gen_ai.system", known);
            span.setAttribute("gen_ai.request.model", upstream.model());
            span.setAttribute("sluice.provider", provider.id());
            var address = URI.create(provider.baseUrl());
            if (address.getHost() != null) {
                span.setAttribute("server.address", address.getHost());
                var standard = "https".equalsIgnoreCase(address.getScheme()) ? 443 : 80;
                span.setAttribute("server.port", address.getPort() < 0 ? standard : address.getPort());
            }
        }
        return traces.headers(span);
    }

    /** What the conventions call those who stand behind a price list; others go by their own name. */
    private static String maker(String basis) {
        // Bedrock and Azure have a list a region.
        return switch (basis.split("-", 2)[0]) {
            case "bedrock" -> "aws.bedrock";
            case "azure" -> "azure.ai.openai";
            case "vertex" -> "gcp.vertex_ai";
            case "google" -> "gcp.gemini";
            default -> basis;
        };
    }

    /** What the conventions call what is done at a path. */
    private static String operation(String path) {
        if (path.contains("embed")) {
            return "embeddings";
        }
        if (path.endsWith("/completions") && !path.contains("chat")) {
            return "text_completion";
        }
        return path.contains("enerateContent") ? "generate_content" : "chat";
    }

    /** The attempt has come to nothing, and another one follows. */
    void failed(Exchange.Attempt made) {
        var span = attempt;
        if (span != null) {
            attempt = null;
            if (made.status() > 0) {
                span.setAttribute("http.response.status_code", made.status());
            }
            fail(span, made.failure() == null ? Integer.toString(made.status()) : Metrics.word(made.failure()));
            span.end();
        }
    }

    private static void fail(Span span, String type) {
        span.setAttribute("error.type", type);
        span.setStatus(StatusCode.ERROR);
    }

    /** The request is over. */
    void ended(Exchange exchange) {
        var error = error(exchange);
        var span = attempt;
        if (span != null) {
            attempt = null;
            if (span.isRecording()) {
                answered(span, exchange);
                if (error != null && exchange.outcome() != Outcome.CLIENT_CANCELLED) {
                    fail(span, error);
                }
            }
            span.end();
        }
        if (request.isRecording()) {
            request.setAttribute("sluice.request.id", exchange.requestId());
            request.setAttribute("gen_ai.conversation.id", exchange.session());
            request.setAttribute(
                    "sluice.outcome", Metrics.word(exchange.outcome().name()));
            var costNanos = exchange.costNanos();
            if (costNanos != null) {
                request.setAttribute("sluice.cost.nanodollars", costNanos);
            }
        }
        end(exchange.status(), error);
    }

    private static void answered(Span span, Exchange exchange) {
        if (exchange.refusal() == null && exchange.status() > 0) {
            span.setAttribute("http.response.status_code", exchange.status());
        }
        var model = exchange.answeredModel();
        if (model != null) {
            span.setAttribute("gen_ai.response.model", model);
        }
        var id = exchange.responseId();
        if (id != null) {
            span.setAttribute("gen_ai.response.id", id);
        }
        var finish = exchange.finishReason();
        if (finish != null) {
            span.setAttribute(FINISH_REASONS, List.of(finish));
        }
        var usage = exchange.usage();
        if (usage != null) {
            // The conventions count what a cache had among the input.
            span.setAttribute("gen_ai.usage.input_tokens", usage.promptTokens());
            span.setAttribute("gen_ai.usage.output_tokens", usage.outputTokens());
            span.setAttribute("gen_ai.usage.cache_read.input_tokens", usage.cachedInputTokens());
            span.setAttribute(
                    "gen_ai.usage.cache_creation.input_tokens",
                    usage.cacheWrite5mTokens() + usage.cacheWrite1hTokens());
        }
        if (exchange.firstByteMillis() >= 0) {
            span.setAttribute("sluice.first_byte.milliseconds", exchange.firstByteMillis());
        }
    }

    /** What went wrong, in a word; null when nothing did. */
    private static @Nullable String error(Exchange exchange) {
        var refusal = exchange.refusal();
        if (refusal != null) {
            return Metrics.word(refusal);
        }
        return switch (exchange.outcome()) {
            case COMPLETED -> null;
            case UPSTREAM_ERROR ->
                exchange.status() >= 400
                        ? Integer.toString(exchange.status())
                        : Metrics.word(exchange.outcome().name());
            default -> Metrics.word(exchange.outcome().name());
        };
    }

    /** It was refused before anybody knew which model it is for. */
    void refused(Refusal refusal) {
        end(refusal.error().status(), Metrics.word(refusal.kind()));
    }

    private void end(int status, @Nullable String error) {
        if (request.isRecording()) {
            if (status > 0) {
                request.setAttribute("http.response.status_code", status);
            }
            if (error != null) {
                request.setAttribute("error.type", error);
            }
            // What is the client's own doing is no error of a server.
            if (status >= 500) {
                request.setStatus(StatusCode.ERROR);
            }
        }
        request.end();
    }
}
