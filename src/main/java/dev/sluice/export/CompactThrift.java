package dev.sluice.export;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.function.Consumer;

/** Writes structs by Thrift's compact protocol, as far as Parquet's footers need it. Fields of a struct come in the order of their ids. */
final class CompactThrift {
    private static final int TRUE = 1;
    private static final int I32 = 5;
    private static final int I64 = 6;
    private static final int BINARY = 8;
    private static final int LIST = 9;
    private static final int STRUCT = 12;

    /** Longer lists, and ids further apart, are written another way. */
    private static final int SHORT = 15;

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    /** The id of the last field of each struct that is open. */
    private final Deque<Integer> lastIds = new ArrayDeque<>(List.of(0));

    /** A whole struct, with nothing around it. */
    static byte[] struct(Consumer<CompactThrift> fields) {
        var thrift = new CompactThrift();
        fields.accept(thrift);
        thrift.out.write(0);
        return thrift.out.toByteArray();
    }

    void i32(int id, int value) {
        header(id, I32);
        zigzag(value);
    }

    void i64(int id, long value) {
        header(id, I64);
        zigzag(value);
    }

    /** A boolean that is true. */
    void yes(int id) {
        header(id, TRUE);
    }

    void text(int id, String value) {
        header(id, BINARY);
        text(value);
    }

    void i32s(int id, List<Integer> values) {
        list(id, I32, values.size());
        values.forEach(this::zigzag);
    }

    void texts(int id, List<String> values) {
        list(id, BINARY, values.size());
        values.forEach(this::text);
    }

    void struct(int id, Consumer<CompactThrift> fields) {
        header(id, STRUCT);
        nested(fields);
    }

    void structs(int id, List<Consumer<CompactThrift>> items) {
        list(id, STRUCT, items.size());
        items.forEach(this::nested);
    }

    private void nested(Consumer<CompactThrift> fields) {
        lastIds.push(0);
        fields.accept(this);
        lastIds.pop();
        out.write(0);
    }

    private void list(int id, int type, int size) {
        header(id, LIST);
        if (size < SHORT) {
            out.write((size << 4) | type);
        } else {
            out.write(0xf0 | type);
            varint(size);
        }
    }

    private void header(int id, int type) {
        var step = id - lastIds.pop();
        if (step < 1 || step > SHORT) {
            throw new IllegalArgumentException("field " + id + " (expected: ids that rise by 1 to " + SHORT + ")");
        }
        lastIds.push(id);
        out.write((step << 4) | type);
    }

    private void text(String value) {
        var bytes = value.getBytes(StandardCharsets.UTF_8);
        varint(bytes.length);
        out.writeBytes(bytes);
    }

    private void zigzag(long value) {
        varint((value << 1) ^ (value >> 63));
    }

    private void varint(long value) {
        var rest = value;
        while ((rest & ~0x7fL) != 0) {
            out.write((int) ((rest & 0x7f) | 0x80));
            rest >>>= 7;
        }
        out.write((int) rest);
    }
}
