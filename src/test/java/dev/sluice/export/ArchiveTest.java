package dev.sluice.export;

import static dev.sluice.export.TestRecords.exchange;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.entry;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.dataformat.cbor.CBORFactory;
import dev.hardwood.InputFile;
import dev.hardwood.reader.ParquetFileReader;
import dev.sluice.config.ExportFormat;
import dev.sluice.wire.Usage;
import dev.sluice.wire.WireFormat;
import dev.sluice.wire.WireFormats;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Objects as others read them. */
class ArchiveTest {

    @Test
    void hasTheDocumentedKeys() throws IOException {
        var archive = Archive.of(ExportFormat.CBOR_ZSTD);
        archive.add(41, exchange("req_1"), null);

        var record = TestRecords.cbor(archive.finish()).getFirst();

        assertThat(record)
                .containsExactly(
                        entry("id", 41),
                        entry("ver", 2),
                        entry("timestamp", "2026-11-21T12:00:00.123456789Z"),
                        entry(
                                "identity",
                                Map.of(
                                        "login_name",
                                        "ann@example.com",
                                        "stable_node_id",
                                        "n1CNTRL",
                                        "tags",
                                        List.of("tag:ci", "tag:prod"))),
                        entry("model", "gpt-5"),
                        entry("provider", "openai"),
                        entry("api_type", "oai_completions"),
                        entry(
                                "usage",
                                Map.of(
                                        "input_tokens", 105,
                                        "output_tokens", 30,
                                        "cached_tokens", 20,
                                        "reasoning_tokens", 10,
                                        "cache_creation_input_tokens", 5,
                                        "cache_creation_5m_input_tokens", 5)),
                        entry(
                                "estimated_cost",
                                Map.of("dollars", 0.001234567, "nanodollars", 1234567, "cost_basis", "openai/gpt-5")),
                        entry("duration_ms", 2500),
                        entry("capture_id", "req_1"),
                        entry("session_id", "oacc_0123456789abcdef"),
                        entry("path", "/v1/chat/completions"),
                        entry("status_code", 200),
                        entry("outcome", "completed"));
    }

    @Test
    void tagsATimeAsOne() throws IOException {
        var archive = Archive.of(ExportFormat.CBOR_ZSTD);
        archive.add(1, exchange("req_1"), null);

        try (var parser = new CBORFactory().createParser(TestRecords.plain(archive.finish()))) {
            while (!"timestamp".equals(parser.currentName())
                    || !parser.currentToken().isScalarValue()) {
                parser.nextToken();
            }
            assertThat(parser.getCurrentTag()).isZero();
        }
    }

    @Test
    void leavesOutACostThatNobodyKnows() throws IOException {
        var archive = Archive.of(ExportFormat.CBOR_ZSTD);
        archive.add(1, exchange("req_1", "anthropic_messages", null, null), null);

        var record = TestRecords.cbor(archive.finish()).getFirst();

        assertThat(record).doesNotContainKey("estimated_cost").containsEntry("api_type", "ant_messages");
        assertThat(record).containsEntry("usage", Map.of());
    }

    @Test
    void hasWhatWasSaidRawBytesIncluded() throws IOException {
        var capture = JsonNodeFactory.instance.objectNode();
        capture.putObject("request").put("text", "hällo").put("raw", new byte[] {0, -1, 7});
        var archive = Archive.of(ExportFormat.CBOR_ZSTD);
        archive.add(1, exchange("req_1"), capture);

        var record = TestRecords.cbor(archive.finish()).getFirst();

        assertThat(record.get("capture"))
                .extracting("request")
                .hasFieldOrPropertyWithValue("text", "hällo")
                .hasFieldOrPropertyWithValue("raw", new byte[] {0, -1, 7});
    }

    @Test
    void isALineARecordInJson() throws IOException {
        var archive = Archive.of(ExportFormat.JSONL_ZST);
        archive.add(1, exchange("req_1"), null);
        archive.add(2, exchange("req_2\n"), null);

        var object = archive.finish();

        assertThat(new String(TestRecords.plain(object), StandardCharsets.UTF_8).lines())
                .hasSize(2)
                .allSatisfy(
                        line -> assertThat(tree(line).path("ver").intValue()).isEqualTo(2));
        assertThat(TestRecords.jsonLines(object)).extracting("capture_id").containsExactly("req_1", "req_2\n");
    }

    private static JsonNode tree(String line) throws IOException {
        return new ObjectMapper().readTree(line);
    }

    @ParameterizedTest
    @EnumSource(ExportFormat.class)
    void makesTheSameBytesOfTheSameRecords(ExportFormat format) throws IOException {
        assertThat(thousand(format)).isEqualTo(thousand(format));
    }

    private static byte[] thousand(ExportFormat format) throws IOException {
        var archive = Archive.of(format);
        for (int i = 0; i < 1000; i++) {
            archive.add(i, exchange("req_" + i), null);
        }
        return archive.finish();
    }

    @Test
    void hasANameForEveryWireFormat() {
        assertThat(WireFormats.ALL.stream().map(WireFormat::name).map(ExportRecord::apiType))
                .doesNotHaveDuplicates()
                .contains(
                        "oai_completions",
                        "oai_legacy_completions",
                        "oai_responses",
                        "oai_embeddings",
                        "ant_messages",
                        "gemini_generate_content",
                        "bedrock_converse")
                .noneMatch(name -> name.startsWith("openai"));
    }

    @Property(tries = 100)
    void isReadBackFromParquetWhateverIsMissing(@ForAll long seed) throws IOException {
        var random = new Random(seed);
        var archive = Archive.of(ExportFormat.PARQUET);
        List<List<Object>> written = new ArrayList<>();
        var rows = random.nextInt(1, 400);
        var nulls = random.nextInt(3);
        for (int i = 0; i < rows; i++) {
            var tokens = random.nextLong(Long.MAX_VALUE);
            var usage = nulls == 0 || (nulls == 1 && random.nextBoolean()) ? null : Usage.ofText(tokens, i);
            var cost = nulls == 2 || random.nextBoolean() ? random.nextLong(1L << 50) : null;
            var exchange = exchange("req_ü" + random.nextInt(), "openai_chat", usage, cost);
            archive.add(i, exchange, null);
            var row = new ArrayList<Object>();
            row.add((long) i);
            row.add(exchange.requestId());
            row.add(usage == null ? null : usage.inputTokens());
            row.add(cost);
            row.add(cost == null ? null : ExportRecord.dollars(cost));
            row.add(exchange.started().truncatedTo(ChronoUnit.MICROS));
            row.add("[\"tag:ci\",\"tag:prod\"]");
            written.add(row);
        }

        assertThat(parquet(archive.finish())).isEqualTo(written);
    }

    private static List<List<Object>> parquet(byte[] object) throws IOException {
        List<List<Object>> rows = new ArrayList<>();
        try (var file = ParquetFileReader.open(InputFile.of(ByteBuffer.wrap(object)));
                var reader = file.rowReader()) {
            assertThat(file.getFileSchema().getColumnCount()).isEqualTo(25);
            while (reader.hasNext()) {
                reader.next();
                var row = new ArrayList<Object>();
                for (var column :
                        List.of("id", "capture_id", "input_tokens", "nanodollars", "dollars", "timestamp", "tags")) {
                    row.add(reader.isNull(column) ? null : reader.getValue(column));
                }
                rows.add(row);
            }
        }
        return rows;
    }
}
