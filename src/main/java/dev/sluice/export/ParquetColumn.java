package dev.sluice.export;

import com.github.luben.zstd.Zstd;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** One flat column while it grows: a page of plain values and, as every column may have nulls, which of them are there. */
final class ParquetColumn {
    private static final int OPTIONAL = 1;
    private static final int ZSTD = 6;
    private static final int LEVEL = 3;
    private static final int PLAIN = 0;
    private static final int RLE = 3;
    private static final int DATA_PAGE = 0;

    /** What its values are; numbers as Parquet's format gives them. */
    enum ColumnType {
        LONG(2, -1),
        DOUBLE(5, -1),
        TEXT(6, 0),
        /** Microseconds since 1970, UTC. */
        TIME(2, 10);

        private final int physical;
        private final int converted;

        ColumnType(int physical, int converted) {
            this.physical = physical;
            this.converted = converted;
        }

        /** What a number or bytes stand for; older readers know it by {@code converted}. */
        private void writeLogical(CompactThrift union) {
            if (this == TEXT) {
                union.struct(1, _ -> {});
            } else {
                union.struct(8, time -> {
                    time.yes(1);
                    time.struct(2, unit -> unit.struct(2, _ -> {}));
                });
            }
        }
    }

    /** The column in the file, once its page is. */
    record Chunk(long offset, long uncompressed, long compressed) {}

    private final String name;
    private final ColumnType type;
    private final ByteArrayOutputStream levels = new ByteArrayOutputStream();
    private final ByteArrayOutputStream values = new ByteArrayOutputStream();
    private int rows;
    private int run;
    private boolean present;

    ParquetColumn(String name, ColumnType type) {
        this.name = name;
        this.type = type;
    }

    void add(@Nullable Object value) {
        if (rows > 0 && present != (value != null)) {
            endRun();
        }
        present = value != null;
        run++;
        rows++;
        switch (value) {
            case null -> {}
            case Long number ->
                values.writeBytes(little(Long.BYTES).putLong(number).array());
            case Double number ->
                values.writeBytes(little(Double.BYTES).putDouble(number).array());
            case String text -> {
                var bytes = text.getBytes(StandardCharsets.UTF_8);
                values.writeBytes(little(Integer.BYTES).putInt(bytes.length).array());
                values.writeBytes(bytes);
            }
            default -> throw new IllegalArgumentException(name + ": " + value.getClass());
        }
    }

    /** So many rows alike: twice the number, as a varint, then what they are. */
    private void endRun() {
        var header = run << 1;
        while ((header & ~0x7f) != 0) {
            levels.write((header & 0x7f) | 0x80);
            header >>>= 7;
        }
        levels.write(header);
        levels.write(present ? 1 : 0);
        run = 0;
    }

    long size() {
        return values.size();
    }

    /** Its one page, with the page's header. */
    Chunk writeTo(ByteArrayOutputStream file) {
        endRun();
        var page = little(Integer.BYTES + levels.size() + values.size())
                .putInt(levels.size())
                .put(levels.toByteArray())
                .put(values.toByteArray())
                .array();
        var compressed = Zstd.compress(page, LEVEL);
        var header = CompactThrift.struct(it -> {
            it.i32(1, DATA_PAGE);
            it.i32(2, page.length);
            it.i32(3, compressed.length);
            it.struct(5, data -> {
                data.i32(1, rows);
                data.i32(2, PLAIN);
                data.i32(3, RLE);
                data.i32(4, RLE);
            });
        });
        var offset = file.size();
        file.writeBytes(header);
        file.writeBytes(compressed);
        return new Chunk(offset, header.length + page.length, header.length + compressed.length);
    }

    /** In the footer's schema. */
    void describe(CompactThrift element) {
        element.i32(1, type.physical);
        element.i32(3, OPTIONAL);
        element.text(4, name);
        if (type.converted >= 0) {
            element.i32(6, type.converted);
            element.struct(10, type::writeLogical);
        }
    }

    /** In the footer's row group. */
    void locate(CompactThrift column, Chunk chunk) {
        column.i64(2, chunk.offset());
        column.struct(3, meta -> {
            meta.i32(1, type.physical);
            meta.i32s(2, List.of(PLAIN, RLE));
            meta.texts(3, List.of(name));
            meta.i32(4, ZSTD);
            meta.i64(5, rows);
            meta.i64(6, chunk.uncompressed());
            meta.i64(7, chunk.compressed());
            meta.i64(9, chunk.offset());
        });
    }

    private static ByteBuffer little(int bytes) {
        return ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
    }
}
