package dev.sluice.export;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.cbor.CBORGenerator;
import dev.sluice.session.Exchange;
import dev.sluice.wire.Usage;
import java.io.IOException;
import java.math.BigDecimal;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** A record of version 2, as Aperture documents it; where inner names are not documented, those that its hooks use. */
final class ExportRecord {
    static final int VERSION = 2;

    /** CBOR's tag of a time as RFC 3339 writes it. */
    private static final int DATE_TIME = 0;

    private static final int NANO_DIGITS = 9;

    private ExportRecord() {}

    static void write(JsonGenerator out, long id, Exchange exchange, @Nullable ObjectNode capture) throws IOException {
        out.writeStartObject();
        out.writeNumberField("id", id);
        out.writeNumberField("ver", VERSION);
        out.writeFieldName("timestamp");
        if (out instanceof CBORGenerator cbor) {
            cbor.writeTag(DATE_TIME);
        }
        out.writeString(exchange.started().toString());
        writeIdentity(out, exchange);
        out.writeStringField("model", exchange.model());
        out.writeStringField("provider", exchange.provider());
        out.writeStringField("api_type", apiType(exchange.format()));
        out.writeFieldName("usage");
        writeUsage(out, exchange.usage());
        writeCost(out, exchange);
        out.writeNumberField("duration_ms", exchange.durationMillis());
        out.writeStringField("capture_id", exchange.requestId());
        out.writeStringField("session_id", exchange.session());
        out.writeStringField("path", exchange.path());
        out.writeNumberField("status_code", exchange.status());
        out.writeStringField("outcome", outcome(exchange));
        if (capture != null) {
            out.writePOJOField("capture", capture);
        }
        out.writeEndObject();
    }

    static String outcome(Exchange exchange) {
        return exchange.outcome().name().toLowerCase(Locale.ROOT);
    }

    private static void writeIdentity(JsonGenerator out, Exchange exchange) throws IOException {
        out.writeObjectFieldStart("identity");
        out.writeStringField("login_name", exchange.login());
        out.writeStringField("stable_node_id", exchange.node());
        out.writeArrayFieldStart("tags");
        for (var tag : exchange.tags()) {
            out.writeString(tag);
        }
        out.writeEndArray();
        out.writeEndObject();
    }

    /** Left out when unknown: nothing and free are not the same. */
    private static void writeCost(JsonGenerator out, Exchange exchange) throws IOException {
        var nanos = exchange.costNanos();
        if (nanos == null) {
            return;
        }
        out.writeObjectFieldStart("estimated_cost");
        out.writeNumberField("dollars", dollars(nanos));
        out.writeNumberField("nanodollars", nanos);
        if (exchange.priceBasis() != null) {
            out.writeStringField("cost_basis", exchange.priceBasis());
        }
        out.writeEndObject();
    }

    /** The nearest number of 64 bits, which everybody can read; the exact one is beside it. */
    static double dollars(long nanos) {
        return BigDecimal.valueOf(nanos, NANO_DIGITS).doubleValue();
    }

    private static void writeUsage(JsonGenerator out, @Nullable Usage usage) throws IOException {
        out.writeStartObject();
        if (usage != null) {
            // The whole prompt; what was read from a cache, or written to one, is part of it.
            count(out, "input_tokens", usage.promptTokens());
            count(out, "output_tokens", usage.outputTokens());
            count(out, "cached_tokens", usage.cachedInputTokens());
            count(out, "reasoning_tokens", usage.reasoningTokens());
            count(out, "cache_creation_input_tokens", usage.cacheWrite5mTokens() + usage.cacheWrite1hTokens());
            count(out, "cache_creation_5m_input_tokens", usage.cacheWrite5mTokens());
            count(out, "cache_creation_1h_input_tokens", usage.cacheWrite1hTokens());
            count(out, "audio_input_tokens", usage.inputAudioTokens());
            count(out, "audio_output_tokens", usage.outputAudioTokens());
            count(out, "image_input_tokens", usage.inputImageTokens());
            count(out, "image_output_tokens", usage.outputImageTokens());
            count(out, "web_search_count", usage.webSearches());
        }
        out.writeEndObject();
    }

    private static void count(JsonGenerator out, String name, long count) throws IOException {
        if (count != 0) {
            out.writeNumberField(name, count);
        }
    }

    /**
     * What Aperture calls a wire format. Two names are documented, {@code oai_completions} and {@code ant_messages}; the others follow them, and
     * formats of other houses are called what they are called here.
     */
    static String apiType(String format) {
        return switch (format) {
            case "openai_chat" -> "oai_completions";
            case "openai_completions" -> "oai_legacy_completions";
            case "anthropic_messages" -> "ant_messages";
            case String other when other.startsWith("openai_") -> "oai_" + other.substring("openai_".length());
            case String other -> other;
        };
    }
}
