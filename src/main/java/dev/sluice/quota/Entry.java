package dev.sluice.quota;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;

/** One thing that the holder of a lease tells its bucket. Entries are numbered within their lease, and each counts once. */
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "entry")
@JsonSubTypes({
    @JsonSubTypes.Type(value = Entry.Drawn.class, name = "drawn"),
    @JsonSubTypes.Type(value = Entry.Ended.class, name = "ended"),
    @JsonSubTypes.Type(value = Entry.Returned.class, name = "returned"),
})
sealed interface Entry {

    /** What one takes at most in a message beside its strings. */
    int BYTES = 64;

    int BYTES_OF_A_CHAR = 3;

    /** A request was let in: {@code nanos} of the slice are its reservation. */
    record Drawn(String id, long nanos, String memo) implements Entry {
        @Override
        public int bytesMax() {
            return BYTES + BYTES_OF_A_CHAR * (id.length() + memo.length());
        }
    }

    /** A request cost so much, or {@link Desk#RELEASE}. */
    record Ended(String id, long nanos) implements Entry {
        @Override
        public int bytesMax() {
            return BYTES + BYTES_OF_A_CHAR * id.length();
        }
    }

    /** So much of the slice is not used any more. */
    record Returned(long nanos) implements Entry {
        @Override
        public int bytesMax() {
            return BYTES;
        }
    }

    /** No message gets larger by it than this. */
    int bytesMax();
}
