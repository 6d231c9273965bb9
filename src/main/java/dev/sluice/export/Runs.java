package dev.sluice.export;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.DeflaterOutputStream;
import java.util.zip.InflaterInputStream;

/** Which events of which sessions an object is made of, in its order. Events never change, so whoever reads this makes the same object of it. */
final class Runs {
    private static final int VERSION = 1;

    /** Events of one session, both ends included. */
    record Run(String session, long from, long to) {}

    private final List<Run> runs = new ArrayList<>();

    void add(String session, long sequence) {
        var last = runs.isEmpty() ? null : runs.getLast();
        if (last != null && last.session().equals(session) && last.to() == sequence - 1) {
            runs.set(runs.size() - 1, new Run(session, last.from(), sequence));
        } else {
            runs.add(new Run(session, sequence, sequence));
        }
    }

    List<Run> list() {
        return List.copyOf(runs);
    }

    /** The last event of each session. */
    Map<String, Long> ends() {
        var ends = new HashMap<String, Long>();
        runs.forEach(run -> ends.merge(run.session(), run.to(), Math::max));
        return ends;
    }

    byte[] print() {
        var bytes = new ByteArrayOutputStream();
        try (var out = new DataOutputStream(new DeflaterOutputStream(bytes))) {
            out.writeByte(VERSION);
            out.writeInt(runs.size());
            for (var run : runs) {
                out.writeUTF(run.session());
                out.writeLong(run.from());
                out.writeLong(run.to());
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return bytes.toByteArray();
    }

    static Runs read(byte[] printed) {
        var read = new Runs();
        try (var in = new DataInputStream(new InflaterInputStream(new ByteArrayInputStream(printed)))) {
            var version = in.readByte();
            if (version != VERSION) {
                throw new IOException("version " + version + " (expected: " + VERSION + ")");
            }
            var size = in.readInt();
            for (var i = 0; i < size; i++) {
                read.runs.add(new Run(in.readUTF(), in.readLong(), in.readLong()));
            }
        } catch (IOException e) {
            throw new UncheckedIOException("export_slice.runs", e);
        }
        return read;
    }
}
