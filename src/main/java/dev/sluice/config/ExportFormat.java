package dev.sluice.config;

import java.util.Arrays;
import java.util.Optional;

/** What an exported object is made of. */
public enum ExportFormat {
    /** CBOR records one after the other, compressed by zstd; the usual one. */
    CBOR_ZSTD("cbor.zstd"),
    /** JSON, a record a line, compressed by zstd. */
    JSONL_ZST("jsonl.zst"),
    /** Columns of usage and cost, without what was said. */
    PARQUET("parquet");

    private final String suffix;

    ExportFormat(String suffix) {
        this.suffix = suffix;
    }

    /** As the document writes it, and as an object's name ends. */
    public String suffix() {
        return suffix;
    }

    /** The one that is written so. */
    public static Optional<ExportFormat> of(String suffix) {
        return Arrays.stream(values()).filter(it -> it.suffix.equals(suffix)).findFirst();
    }
}
