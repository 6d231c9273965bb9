package dev.sluice.export;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.StreamWriteFeature;
import com.fasterxml.jackson.core.util.MinimalPrettyPrinter;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.cbor.databind.CBORMapper;
import com.github.luben.zstd.ZstdOutputStream;
import dev.sluice.session.Exchange;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import org.jspecify.annotations.Nullable;

/** Records one after the other, CBOR's or lines of JSON, compressed as they come. */
final class SequenceArchive implements Archive {
    private static final int LEVEL = 3;

    private static final CBORMapper CBOR = CBORMapper.builder().build();
    private static final JsonMapper JSON = JsonMapper.builder()
            .enable(StreamWriteFeature.WRITE_BIGDECIMAL_AS_PLAIN)
            .build();

    private final ByteArrayOutputStream object = new ByteArrayOutputStream();
    private final JsonGenerator generator;
    private final boolean lines;

    private SequenceArchive(ObjectMapper mapper, boolean lines) {
        try {
            // A checksum, so that who reads a damaged object knows.
            generator = mapper.createGenerator(new ZstdOutputStream(object, LEVEL).setChecksum(true));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        // Between records there is nothing in CBOR, and the line's end in JSON.
        generator.setPrettyPrinter(new MinimalPrettyPrinter(""));
        this.lines = lines;
    }

    static SequenceArchive cbor() {
        return new SequenceArchive(CBOR, false);
    }

    static SequenceArchive jsonLines() {
        return new SequenceArchive(JSON, true);
    }

    @Override
    public void add(long id, Exchange exchange, @Nullable ObjectNode capture) throws IOException {
        ExportRecord.write(generator, id, exchange, capture);
        if (lines) {
            generator.writeRaw('\n');
        }
    }

    @Override
    public long size() {
        return object.size();
    }

    @Override
    public byte[] finish() throws IOException {
        generator.close();
        return object.toByteArray();
    }

    @Override
    public String contentType() {
        return "application/zstd";
    }
}
