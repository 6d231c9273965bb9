package dev.sluice.audit;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class NotesTest {
    private final Notes notes = new Notes();

    @Test
    void keepsWhatItIsToldInOrderAndTheLastWordOnEach() {
        notes.put("bucket", "daily:alice");
        notes.put("amount", "$1.00");
        notes.put("bucket", "daily:bob");

        assertThat(notes.values()).containsExactly(Map.entry("bucket", "daily:bob"), Map.entry("amount", "$1.00"));
    }

    @Test
    void staysSmallWhateverItIsTold() {
        IntStream.range(0, 1000).forEach(i -> notes.put(i + "k".repeat(1000), "v".repeat(100_000)));

        assertThat(notes.values()).hasSize(Notes.MAX);
        assertThat(notes.values().keySet()).allSatisfy(key -> assertThat(key).hasSize(Notes.KEY_CHARS));
        assertThat(notes.values().values())
                .allSatisfy(value -> assertThat(value).hasSize(Notes.VALUE_CHARS));
    }

    @Test
    void holdsNoHalfCharacters() {
        notes.put("\ud83d", "v".repeat(Notes.VALUE_CHARS - 1) + "\ud83d\ude00");
        notes.put("smile", "\ud83d\ude00");

        assertThat(notes.values())
                .containsExactly(
                        Map.entry("?", "v".repeat(Notes.VALUE_CHARS - 1) + "?"), Map.entry("smile", "\ud83d\ude00"));
    }

    @Test
    void keepsNothingWhereNobodyAudits() {
        Notes.NONE.put("bucket", "daily:alice");

        assertThat(Notes.NONE.values()).isEmpty();
    }
}
