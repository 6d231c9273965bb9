package dev.sluice.export;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.cbor.databind.CBORMapper;
import com.github.luben.zstd.ZstdInputStream;
import dev.sluice.session.Exchange;
import dev.sluice.session.Exchange.Outcome;
import dev.sluice.wire.Usage;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Exchanges to export, and records as somebody reads them who knows only their formats. */
final class TestRecords {
    static final Instant NOON = Instant.parse("2026-11-21T12:00:00.123456789Z");

    private TestRecords() {}

    static Exchange exchange(String requestId) {
        return exchange(requestId, "openai_chat", new Usage(80, 20, 5, 0, 30, 10, 0, 0, 0, 0, 0), 1_234_567L);
    }

    static Exchange exchange(String requestId, String format, @Nullable Usage usage, @Nullable Long costNanos) {
        return exchange(requestId, "oacc_0123456789abcdef", format, usage, costNanos);
    }

    static Exchange exchange(
            String requestId, String session, String format, @Nullable Usage usage, @Nullable Long costNanos) {
        return new Exchange(
                requestId,
                session,
                "ann@example.com",
                "n1CNTRL",
                List.of("tag:ci", "tag:prod"),
                "openai",
                "gpt-5",
                "gpt-5-2026-01-01",
                format,
                "/v1/chat/completions",
                "POST",
                200,
                "agent/1.0",
                true,
                NOON,
                120,
                2500,
                usage,
                costNanos,
                costNanos == null ? null : "openai/gpt-5",
                List.of(),
                "stop",
                Outcome.COMPLETED,
                null,
                false,
                900,
                4200,
                List.of("daily:ann"),
                null,
                null);
    }

    static List<Map<String, Object>> cbor(byte[] object) {
        return read(new CBORMapper(), object);
    }

    static List<Map<String, Object>> jsonLines(byte[] object) {
        return read(new ObjectMapper(), object);
    }

    static byte[] plain(byte[] object) {
        try (var zstd = new ZstdInputStream(new ByteArrayInputStream(object))) {
            return zstd.readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static List<Map<String, Object>> read(ObjectMapper mapper, byte[] object) {
        try (var records = mapper.readerFor(new TypeReference<Map<String, Object>>() {})
                .<Map<String, Object>>readValues(plain(object))) {
            return records.readAll();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
