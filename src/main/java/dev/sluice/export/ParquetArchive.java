package dev.sluice.export;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sluice.export.ParquetColumn.Chunk;
import dev.sluice.export.ParquetColumn.ColumnType;
import dev.sluice.session.Exchange;
import dev.sluice.wire.Usage;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Records as a Parquet file of one row group, flat, for those who count and sum: without what was said. */
final class ParquetArchive implements Archive {
    private static final byte[] MAGIC = "PAR1".getBytes(StandardCharsets.US_ASCII);

    /** One record on its way into columns. */
    private record Row(long id, Exchange exchange) {
        @Nullable
        Long count(Function<Usage, Long> counted) {
            var usage = exchange.usage();
            return usage == null ? null : counted.apply(usage);
        }

        @Nullable
        Double dollars() {
            var nanos = exchange.costNanos();
            return nanos == null ? null : ExportRecord.dollars(nanos);
        }

        String tags() {
            var tags = JsonNodeFactory.instance.arrayNode();
            exchange.tags().forEach(tags::add);
            return tags.toString();
        }
    }

    private record Field(ParquetColumn column, Function<Row, @Nullable Object> value) {
        Field(String name, ColumnType type, Function<Row, @Nullable Object> value) {
            this(new ParquetColumn(name, type), value);
        }
    }

    private final List<Field> fields = List.of(
            new Field("id", ColumnType.LONG, Row::id),
            new Field("ver", ColumnType.LONG, _ -> (long) ExportRecord.VERSION),
            new Field(
                    "timestamp",
                    ColumnType.TIME,
                    row -> ChronoUnit.MICROS.between(
                            Instant.EPOCH, row.exchange().started())),
            new Field("login_name", ColumnType.TEXT, row -> row.exchange().login()),
            new Field("stable_node_id", ColumnType.TEXT, row -> row.exchange().node()),
            new Field("tags", ColumnType.TEXT, Row::tags),
            new Field("model", ColumnType.TEXT, row -> row.exchange().model()),
            new Field("provider", ColumnType.TEXT, row -> row.exchange().provider()),
            new Field(
                    "api_type",
                    ColumnType.TEXT,
                    row -> ExportRecord.apiType(row.exchange().format())),
            new Field("input_tokens", ColumnType.LONG, row -> row.count(Usage::promptTokens)),
            new Field("output_tokens", ColumnType.LONG, row -> row.count(Usage::outputTokens)),
            new Field("cached_tokens", ColumnType.LONG, row -> row.count(Usage::cachedInputTokens)),
            new Field("reasoning_tokens", ColumnType.LONG, row -> row.count(Usage::reasoningTokens)),
            new Field("cache_creation_5m_input_tokens", ColumnType.LONG, row -> row.count(Usage::cacheWrite5mTokens)),
            new Field("cache_creation_1h_input_tokens", ColumnType.LONG, row -> row.count(Usage::cacheWrite1hTokens)),
            new Field("web_search_count", ColumnType.LONG, row -> row.count(Usage::webSearches)),
            new Field("dollars", ColumnType.DOUBLE, Row::dollars),
            new Field("nanodollars", ColumnType.LONG, row -> row.exchange().costNanos()),
            new Field("cost_basis", ColumnType.TEXT, row -> row.exchange().priceBasis()),
            new Field("duration_ms", ColumnType.LONG, row -> row.exchange().durationMillis()),
            new Field("capture_id", ColumnType.TEXT, row -> row.exchange().requestId()),
            new Field("session_id", ColumnType.TEXT, row -> row.exchange().session()),
            new Field("path", ColumnType.TEXT, row -> row.exchange().path()),
            new Field(
                    "status_code", ColumnType.LONG, row -> (long) row.exchange().status()),
            new Field("outcome", ColumnType.TEXT, row -> ExportRecord.outcome(row.exchange())));

    private int rows;

    @Override
    public void add(long id, Exchange exchange, @Nullable ObjectNode capture) {
        var row = new Row(id, exchange);
        fields.forEach(field -> field.column().add(field.value().apply(row)));
        rows++;
    }

    @Override
    public long size() {
        return fields.stream().mapToLong(field -> field.column().size()).sum();
    }

    @Override
    public byte[] finish() {
        var file = new ByteArrayOutputStream();
        file.writeBytes(MAGIC);
        var chunks = fields.stream().map(field -> field.column().writeTo(file)).toList();
        var footer = CompactThrift.struct(meta -> describe(meta, chunks));
        file.writeBytes(footer);
        file.writeBytes(ByteBuffer.allocate(Integer.BYTES)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putInt(footer.length)
                .array());
        file.writeBytes(MAGIC);
        return file.toByteArray();
    }

    private void describe(CompactThrift meta, List<Chunk> chunks) {
        meta.i32(1, 1);
        meta.structs(2, schema());
        meta.i64(3, rows);
        meta.structs(4, List.of(group -> {
            group.structs(1, columns(chunks));
            group.i64(2, chunks.stream().mapToLong(Chunk::uncompressed).sum());
            group.i64(3, rows);
        }));
        meta.text(6, "sluice");
    }

    /** The root comes first, and says how many columns there are. */
    private List<Consumer<CompactThrift>> schema() {
        Consumer<CompactThrift> root = element -> {
            element.text(4, "record");
            element.i32(5, fields.size());
        };
        return Stream.concat(
                        Stream.of(root),
                        fields.stream().<Consumer<CompactThrift>>map(field -> field.column()::describe))
                .toList();
    }

    private List<Consumer<CompactThrift>> columns(List<Chunk> chunks) {
        var columns = new ArrayList<Consumer<CompactThrift>>();
        for (int i = 0; i < chunks.size(); i++) {
            var column = fields.get(i).column();
            var chunk = chunks.get(i);
            columns.add(it -> column.locate(it, chunk));
        }
        return columns;
    }

    @Override
    public String contentType() {
        return "application/vnd.apache.parquet";
    }
}
