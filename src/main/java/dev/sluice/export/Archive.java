package dev.sluice.export;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sluice.config.ExportFormat;
import dev.sluice.session.Exchange;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** One object while it is made, in memory. The same records make the same bytes. */
interface Archive {
    static Archive of(ExportFormat format) {
        return switch (format) {
            case CBOR_ZSTD -> SequenceArchive.cbor();
            case JSONL_ZST -> SequenceArchive.jsonLines();
            case PARQUET -> new ParquetArchive();
        };
    }

    /**
     * Adds a record.
     *
     * @param id of the record: its exchange's offset in the journal
     */
    void add(long id, Exchange exchange, @Nullable ObjectNode capture) throws IOException;

    /** About what it holds in memory. */
    long size();

    /** The whole object. Nothing can be added after. */
    byte[] finish() throws IOException;

    String contentType();
}
