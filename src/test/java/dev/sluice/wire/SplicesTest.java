package dev.sluice.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.sluice.wire.RequestHead.Splice;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;

class SplicesTest {
    private static final byte[] BODY = Heads.utf8("0123456789");

    @Test
    void editsInAnyOrder() {
        assertThat(Splices.apply(
                                BODY,
                                List.of(
                                        new Splice(10, 10, "!"),
                                        new Splice(5, 7, ""),
                                        new Splice(0, 0, "<"),
                                        new Splice(2, 3, "two"),
                                        new Splice(3, 3, "+")))
                        .utf8String())
                .isEqualTo("<01two+34789!");
    }

    @Test
    void leavesABodyWithoutEditsAlone() {
        assertThat(Splices.apply(BODY, List.of()).toArrayUnsafe()).isSameAs(BODY);
    }

    @Test
    void sharesWhatItDoesNotEdit() {
        // Given
        var body = new byte[10_000_000];
        // When
        var spliced = Splices.apply(body, List.of(new Splice(1, 2, "x")));
        body[9_999_999] = 7;
        // Then
        assertThat(spliced.last()).isEqualTo((byte) 7);
    }

    @Test
    void refusesEditsThatOverlapOrLieOutside() {
        for (var splices : List.of(
                List.of(new Splice(2, 5, "a"), new Splice(4, 6, "b")),
                List.of(new Splice(2, 1, "a")),
                List.of(new Splice(-1, 1, "a")),
                List.of(new Splice(9, 11, "a")))) {
            assertThatIllegalArgumentException().isThrownBy(() -> Splices.apply(BODY, splices));
        }
    }

    @Property(tries = 200)
    void writesAnyNameAsJsonInAscii(@ForAll String name) throws Exception {
        // When
        var json = Splices.jsonString(name);
        // Then
        assertThat(json).matches("\\p{ASCII}*");
        assertThat(new ObjectMapper().readValue(json, String.class)).isEqualTo(name);
    }

    @Test
    void putsAnotherModelInPlaceOfTheClients() throws BadRequest {
        // Given
        var body = "{\"x\":\"ü\", \"model\" : \"anthropic\\/claude\" ,\"y\":1.0}";
        // When
        var spliced = Splices.apply(
                Heads.utf8(body),
                List.of(Heads.chat(body).place().edit("claude \"5\"").orElseThrow()));
        // Then
        assertThat(spliced.utf8String()).isEqualTo("{\"x\":\"ü\", \"model\" : \"claude \\\"5\\\"\" ,\"y\":1.0}");
    }
}
