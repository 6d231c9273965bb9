package dev.sluice.usage;

import dev.sluice.usage.SliceStore.RowKey;
import dev.sluice.usage.SliceStore.Value;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.zip.DeflaterOutputStream;
import java.util.zip.InflaterInputStream;

/** The rows of a batch as bytes: read only by whoever takes over from a writer that died, of the same version or the next. */
final class Redo {
    private static final int VERSION = 1;

    private Redo() {}

    static byte[] print(Map<RowKey, Value> rows) {
        var bytes = new ByteArrayOutputStream();
        try (var out = new DataOutputStream(new DeflaterOutputStream(bytes))) {
            out.writeByte(VERSION);
            out.writeInt(rows.size());
            for (var row : rows.entrySet()) {
                print(row.getKey(), out);
                print(row.getValue(), out);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return bytes.toByteArray();
    }

    private static void print(RowKey key, DataOutputStream out) throws IOException {
        var cell = key.cell();
        out.writeByte(key.kind());
        out.writeLong(cell.period());
        out.writeInt(cell.user());
        out.writeInt(cell.model());
        out.writeInt(cell.provider());
        out.writeInt(cell.agent());
        out.writeInt(cell.tool());
        out.writeUTF(key.session());
    }

    private static void print(Value value, DataOutputStream out) throws IOException {
        out.writeByte(value.sums().length);
        for (var sum : value.sums()) {
            out.writeLong(sum);
        }
        out.writeInt(value.bits().length);
        out.write(value.bits());
        out.writeUTF(value.format());
    }

    static Map<RowKey, Value> read(byte[] redo) {
        var rows = new LinkedHashMap<RowKey, Value>();
        if (redo.length == 0) {
            return rows;
        }
        try (var in = new DataInputStream(new InflaterInputStream(new ByteArrayInputStream(redo)))) {
            var version = in.readByte();
            if (version != VERSION) {
                throw new IOException("version " + version + " (expected: " + VERSION + ")");
            }
            var size = in.readInt();
            for (var i = 0; i < size; i++) {
                rows.put(key(in), value(in));
            }
        } catch (IOException e) {
            throw new UncheckedIOException("ledger_slice.redo", e);
        }
        return rows;
    }

    private static RowKey key(DataInputStream in) throws IOException {
        var kind = in.readByte();
        var cell = new Cell(in.readLong(), in.readInt(), in.readInt(), in.readInt(), in.readInt(), in.readInt());
        return new RowKey(kind, cell, in.readUTF());
    }

    private static Value value(DataInputStream in) throws IOException {
        var sums = new long[in.readByte()];
        for (var i = 0; i < sums.length; i++) {
            sums[i] = in.readLong();
        }
        var bits = in.readNBytes(in.readInt());
        return new Value(sums, bits, in.readUTF());
    }
}
